"""The virtual scene in numbers: camera, stage, lights, and how large things are in the image."""
