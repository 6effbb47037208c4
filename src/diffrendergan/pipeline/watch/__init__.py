"""`watch`: scans measured as they arrive."""
