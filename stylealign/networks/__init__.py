"""StyleGAN2: mapping, StyleSpace, synthesis, generator and discriminator."""
