"""The recipe of adaptation: bump it when a change alters the weights that the same settings give."""

RECIPE = 1
