"""Networks that other installed packages bring."""
