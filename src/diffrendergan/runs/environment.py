"""A record of what produced a run."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from diffrendergan.runs.device import network_precision, torch_device
from diffrendergan.version import __version__

LIBRARIES = (
    "torch",
    "mitsuba",
    "drjit",
    "numpy",
    "scipy",
    "scikit-image",
    "trimesh",
    "tifffile",
    "safetensors",
)


def describe_environment() -> dict[str, Any]:
    """Return versions and machine, as plain values for JSON."""
    libraries: dict[str, str | None] = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            libraries[name] = None
    return {
        "diffrendergan": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "networks": network_precision(torch_device("auto")),
        "libraries": libraries,
    }
