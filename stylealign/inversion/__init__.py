"""Images to latent codes."""
