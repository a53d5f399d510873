"""Frozen networks that judge images; all are called the same way."""
