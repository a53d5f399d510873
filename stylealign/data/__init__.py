"""Image sets: from any folder, archive or world to uint8 batches."""
