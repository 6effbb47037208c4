"""napari itself, on a display that nobody sees, in a process of its own: a program with windows ends with its display.

``NAPARI_SCREENSHOT=docs/images/napari.png NAPARI_RESULTS=measured`` makes the picture of docs/napari.md from results.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.fixtures.displays import hidden_display, skip_without_display

CHECKS = Path(__file__).with_name("viewer_checks.py")
# Qt draws windows into a display for a picture only: it needs more libraries for it.
PICTURE = "NAPARI_SCREENSHOT" in os.environ
BINDINGS = ("PyQt6", "PySide6", "PyQt5")


@pytest.mark.skipif(find_spec("napari") is None, reason="the extra `napari` is not installed")
@pytest.mark.skipif(not any(map(find_spec, BINDINGS)), reason="there is no Qt; pip install pyqt6")
def test_in_napari(tmp_path: Path) -> None:
    skip_without_display()
    with hidden_display() as display:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb" if PICTURE else "offscreen",
            "NAPARI_CONFIG": str(tmp_path / "settings.yaml"),
        }
        command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore", str(CHECKS)]
        command += ["-k", "picture"] if PICTURE else []
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
