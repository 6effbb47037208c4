"""The authors' published models: settings, meshes, and how they are imported."""
