"""Finding a libLLVM that Dr.Jit can use, before Dr.Jit loads one.

Dr.Jit 1.5 needs libLLVM 17 or newer. Older ones (14, 15 and 16 were tried) end the whole process at the first
kernel (``Cannot select: fminimum``), which Python cannot catch, so the choice is made here and handed over in
``DRJIT_LIBLLVM_PATH``.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.errors import MissingDependencyError

OLDEST_USABLE = 17
ENVIRONMENT_VARIABLE = "DRJIT_LIBLLVM_PATH"

_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/opt/homebrew/opt/llvm/lib",
    "/usr/local/opt/llvm/lib",
)
_NAME = re.compile(r"^libLLVM(?:-(\d+))?(?:[.\d]*)\.(?:so(?:\.(\d+)(?:\.\d+)*)?|dylib)$")


@dataclass(frozen=True, order=True)
class LibLLVM:
    """A shared library and its major version."""

    version: int
    path: Path


def find_libllvm(folders: tuple[str, ...] | None = None) -> LibLLVM | None:
    """Return the newest usable libLLVM (`OLDEST_USABLE`), or None.

    A library named by ``DRJIT_LIBLLVM_PATH`` wins. Then come the environment's own folder
    (``<prefix>/lib/llvm``, where ``make`` unpacks one if it may not install system packages), and the
    usual system folders.

    Raises
    ------
    MissingDependencyError
        If ``DRJIT_LIBLLVM_PATH`` names a file that is missing or too old.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return _check_named(Path(named))
    return max(_candidates(folders or (f"{sys.prefix}/lib/llvm", *_FOLDERS)), default=None)


def use_libllvm() -> LibLLVM:
    """Tell Dr.Jit which libLLVM to load; call it before the first import of Mitsuba.

    Raises
    ------
    MissingDependencyError
        If there is none, with the package to install.
    """
    library = find_libllvm()
    if library is None:
        raise MissingDependencyError(
            f"Rendering on the CPU needs libLLVM {OLDEST_USABLE} or newer and none was found; install one "
            "(Debian: `apt-get install libllvm19`; Fedora: `dnf install llvm-libs`; macOS: `brew install llvm`) "
            f"or name its file in {ENVIRONMENT_VARIABLE}."
        )
    problem = load_problem(library)
    if problem is not None:
        raise MissingDependencyError(
            f"{library.path} cannot be loaded ({problem}); reinstall it with what it needs "
            f"(Debian: `apt-get install libllvm{library.version}`) or name another in {ENVIRONMENT_VARIABLE}."
        )
    os.environ[ENVIRONMENT_VARIABLE] = str(library.path)
    return library


def load_problem(library: LibLLVM) -> str | None:
    """Load a libLLVM as Dr.Jit will, and return why that fails, or None.

    What `make` unpacked into the environment has its own neighbours (libz3, libedit, …) beside it, where the
    loader does not look: they are loaded first, in whatever order they need each other.
    """
    waiting = []
    if library.path.parent == Path(sys.prefix) / "lib" / "llvm":
        waiting = [path for path in library.path.parent.glob("lib*.so*") if not path.name.startswith("libLLVM")]
    while waiting:
        left = [path for path in waiting if _try(path, ctypes.RTLD_GLOBAL) is not None]
        if len(left) == len(waiting):
            break
        waiting = left
    return _try(library.path, ctypes.DEFAULT_MODE)


def _try(path: Path, mode: int) -> str | None:
    try:
        ctypes.CDLL(str(path), mode=mode)
    except OSError as error:
        return str(error)
    return None


def _check_named(path: Path) -> LibLLVM:
    if not path.exists():
        raise MissingDependencyError(f"{ENVIRONMENT_VARIABLE} names {path}, which does not exist; unset or correct it.")
    version = _version(path.resolve()) or _version(path)
    if version is not None and version < OLDEST_USABLE:
        raise MissingDependencyError(
            f"{ENVIRONMENT_VARIABLE} names {path}, which is LLVM {version}; Dr.Jit needs {OLDEST_USABLE} or newer: "
            "unset or correct it."
        )
    return LibLLVM(version or OLDEST_USABLE, path)


def _candidates(folders: tuple[str, ...]) -> list[LibLLVM]:
    found: dict[Path, LibLLVM] = {}
    for folder in folders:
        root = Path(folder)
        places = [root, *root.glob("llvm*/lib"), *root.glob("llvm*/lib64")] if root.is_dir() else []
        for path in (file for place in places for file in place.glob("libLLVM*")):
            target = path.resolve()
            version = _version(target) or _version(path)
            if target.is_file() and version is not None and version >= OLDEST_USABLE:
                found.setdefault(target, LibLLVM(version, target))
    if not found and (name := ctypes.util.find_library("LLVM")):
        version = _version(Path(name))
        if version is not None and version >= OLDEST_USABLE:
            return [LibLLVM(version, Path(name))]
    return list(found.values())


def _version(path: Path) -> int | None:
    match = _NAME.match(path.name)
    if not match:
        return None
    number = match.group(1) or match.group(2)
    return int(number) if number else None
