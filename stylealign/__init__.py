"""stylealign: families of aligned StyleGAN2 models, trained, measured and used (StyleAlign, ICLR 2022)."""

__version__ = "0.1.0"
