"""Other people's checkpoints, read without running their code."""
