"""A virtual microscope: secondary-electron-like scans with known ground truth, by physics of its own."""
