"""A disk that is really full, on a small file system of its own."""

from __future__ import annotations

import subprocess

import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=False)


def test_full_disk_is_one_sentence_and_the_same_command_continues(toy, small_disk, cli):
    run = small_disk / "run"
    filler = small_disk / "filler"
    filler.write_bytes(bytes(2_900_000))
    full = cli("train", toy, "--set", f"run={run}", cwd=toy.parent)
    said = " ".join((full.stderr + full.stdout).split())
    assert full.returncode != 0
    assert "Traceback" not in said
    assert "full" in said or "free" in said, said
    assert not list(run.rglob(".partial-*"))
    filler.unlink()
    again = cli("prepare", toy, "--set", f"run={run}", cwd=toy.parent)
    assert again.returncode == 0, again.stderr
    assert (run / "prepare" / "done.json").exists()
