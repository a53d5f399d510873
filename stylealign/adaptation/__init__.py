"""Text- and image-directed adaptation."""
