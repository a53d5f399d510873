"""Features, FID, KID, perceptual distance and their intervals."""
