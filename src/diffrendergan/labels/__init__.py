"""Label images: read, written, compared and outlined in one place."""
