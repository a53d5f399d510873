"""The study's description: frozen pydantic models, read once, every mistake at once."""
