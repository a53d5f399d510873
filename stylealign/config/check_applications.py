"""Mistakes in the studies of applications and limits, found before any job starts."""
