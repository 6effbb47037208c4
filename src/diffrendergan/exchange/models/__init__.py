"""Trained networks as files that travel: packages of bioimage.io, ONNX, and collections of them."""
