"""The GAN loop, its losses and phases, ADA, and the training of judges."""
