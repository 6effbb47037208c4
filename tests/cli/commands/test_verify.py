"""`verify` on the command line."""

from __future__ import annotations

from tests.fixtures.command_line import in_this_process

from diffrendergan.runs.seal import seal


def test_it_ends_with_an_error_if_a_file_has_changed(tmp_path):
    (tmp_path / "run" / "prepare").mkdir(parents=True)
    path = tmp_path / "run" / "prepare" / "a.txt"
    path.write_text("a")
    seal(path.parent)
    done = in_this_process("verify", tmp_path / "run", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.splitlines() == ["prepare: 1 files, all as they were"]
    path.write_text("b")
    done = in_this_process("verify", tmp_path / "run", cwd=tmp_path)
    assert done.returncode == 1 and "prepare: 1 files, 1 not as they were" in done.stderr
    assert f"{path} is changed" in done.stderr


def test_what_is_not_there_is_said(tmp_path):
    done = in_this_process("verify", tmp_path / "nix", cwd=tmp_path)
    assert done.returncode == 1 and "nix does not exist" in done.stderr
