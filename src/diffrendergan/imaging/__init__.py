"""Known operators after the render."""
