"""Procedural domains: image, exact region map, attributes and caption of every sample."""
