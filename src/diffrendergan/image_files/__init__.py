"""Image files as they are stored: the one place in which any of them is decoded, named and listed."""
