"""What the scripts that make packaged files say of where they come from."""

from __future__ import annotations

import subprocess


def commit() -> str:
    """Return the commit that the working tree is at, with a mark if it is changed."""
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"
