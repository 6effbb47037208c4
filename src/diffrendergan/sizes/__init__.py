"""Size distributions: units, fits, mixtures, intervals, border."""
