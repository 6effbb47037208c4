"""`init`: what scans show, and the project file written from it."""
