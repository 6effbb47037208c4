"""Real micrographs: reading, pixel size, data bar, split, patches, annotations."""
