"""What a file is, who made it and how: `stylealign inspect`."""
