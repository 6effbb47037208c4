"""The plugin of napari: scans, runs and results as layers, and widgets that find, measure and hand on corrections."""
