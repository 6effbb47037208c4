"""Does the virtual scene look like the scans? Neutral pictures, their statistics, and the fit."""
