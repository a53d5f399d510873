"""Tables and images to pictures; the only home of matplotlib."""
