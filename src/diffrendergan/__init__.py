"""DiffRenderGAN: annotated synthetic micrographs from a few unlabelled scans."""

__version__ = "0.1.0"
