from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

import diffrendergan
from diffrendergan.runs import environment
from diffrendergan.runs.environment import describe_environment


def test_versions_and_machine_are_recorded() -> None:
    found = describe_environment()
    assert found["diffrendergan"] == diffrendergan.__version__
    assert found["python"] == platform.python_version()
    assert found["libraries"]["numpy"] == np.__version__
    assert json.loads(json.dumps(found)) == found


def test_a_missing_library_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(environment, "version", missing)
    assert set(describe_environment()["libraries"].values()) == {None}
