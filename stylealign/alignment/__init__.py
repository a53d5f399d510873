"""How aligned two models are: drift, resets, attributes."""
