"""Where the generalist's packaged weights lie: a light file, since the table of stages reads it."""

FILE = "generalist.safetensors"
"""Beside this module; `make generalist` remakes it."""
WHOLE_FILE = "generalist_whole.safetensors"
"""Its head of whole shapes, which learned beside those weights; `make generalist-whole` remakes it."""
