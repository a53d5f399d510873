"""Zero-shot regression and classification."""
