"""The data sheet of measured scans: one page, as HTML and as PDF."""
