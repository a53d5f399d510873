"""An encoder on disk that explains itself: safetensors with its card inside."""
