"""From a folder of scans to sizes by a network of its own, in one command."""
