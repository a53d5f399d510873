"""Translate, mix, morph, blend and manipulate."""
