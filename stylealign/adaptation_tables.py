"""The tables of adaptation by text and by few images (StyleGAN-NADA)."""

from stylealign.columns import Table

TABLES: tuple[Table, ...] = ()
