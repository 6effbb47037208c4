"""Particles, blobs and wires found in scans without labels."""
