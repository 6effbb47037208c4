"""Whether synthetic micrographs can be told from real ones: a classifier, distances, and where it looks."""
