"""The lock file names every package that is asked for, in a version that is allowed, each file with its checksum."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.conftest import ROOT


def test_all_that_is_asked_for_is_locked_with_checksums() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)*)", text, re.MULTILINE
    )
    versions = {canonicalize_name(name): version for name, version, _ in entries}
    assert len(entries) > 50 and all("--hash=sha256:" in rest for _, _, rest in entries)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [
        *project["dependencies"],
        *extras["dev"],
        *(r for name in ("coco", "em", "logs", "nnunet", "zarr") for r in extras[name]),
    ]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement
