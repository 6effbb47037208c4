from __future__ import annotations

import pytest

from diffrendergan.errors import MissingDependencyError
from diffrendergan.rendering import llvm


@pytest.fixture(autouse=True)
def no_named_library(monkeypatch):
    monkeypatch.delenv(llvm.ENVIRONMENT_VARIABLE, raising=False)


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_newest_usable_library_wins(tmp_path):
    make(tmp_path, "libLLVM-14.so.1", "libLLVM-15.so.1", "libLLVM.so.19.1", "libLLVM-C.so.19")
    found = llvm.find_libllvm((str(tmp_path),))
    assert found == llvm.LibLLVM(19, tmp_path / "libLLVM.so.19.1")


def test_versions_compare_as_numbers(tmp_path):
    make(tmp_path, "llvm-9/lib/libLLVM-9.so", "llvm-20/lib/libLLVM.so.20.1", "llvm-17/lib/libLLVM-17.so")
    assert llvm.find_libllvm((str(tmp_path),)).version == 20


@pytest.mark.parametrize("version", [14, 15, 16])
def test_versions_that_abort_the_process_are_not_usable(tmp_path, monkeypatch, version):
    make(tmp_path, f"libLLVM-{version}.so.1", f"libLLVM-{version}.0.6.so.1")
    monkeypatch.setattr(llvm.ctypes.util, "find_library", lambda name: f"libLLVM-{version}.so.1")
    assert llvm.find_libllvm((str(tmp_path),)) is None


def test_named_library_wins(tmp_path, monkeypatch):
    make(tmp_path, "libLLVM-19.so.1", "elsewhere/libLLVM-18.so")
    monkeypatch.setenv(llvm.ENVIRONMENT_VARIABLE, str(tmp_path / "elsewhere/libLLVM-18.so"))
    assert llvm.find_libllvm((str(tmp_path),)).version == 18


@pytest.mark.parametrize(("name", "word"), [("libLLVM-14.so.1", "LLVM 14"), ("missing.so", "does not exist")])
def test_named_library_that_cannot_work_is_refused(tmp_path, monkeypatch, name, word):
    make(tmp_path, "libLLVM-14.so.1")
    monkeypatch.setenv(llvm.ENVIRONMENT_VARIABLE, str(tmp_path / name))
    with pytest.raises(MissingDependencyError, match=word):
        llvm.find_libllvm((str(tmp_path),))


def test_absence_names_the_package(monkeypatch):
    monkeypatch.setattr(llvm, "find_libllvm", lambda: None)
    with pytest.raises(MissingDependencyError, match="apt-get install libllvm19"):
        llvm.use_libllvm()


def test_a_library_that_does_not_load_is_said(tmp_path, monkeypatch):
    make(tmp_path, "libLLVM.so.19.1")
    monkeypatch.setattr(llvm, "find_libllvm", lambda: llvm.LibLLVM(19, tmp_path / "libLLVM.so.19.1"))
    with pytest.raises(MissingDependencyError, match="cannot be loaded"):
        llvm.use_libllvm()
