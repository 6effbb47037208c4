"""The Mitsuba variant: chosen when first needed, then fixed for the process."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from diffrendergan.errors import MissingDependencyError
from diffrendergan.rendering.llvm import use_libllvm
from diffrendergan.runs.threads import asked_threads

if TYPE_CHECKING:
    import torch

VARIANTS = {"cuda": "cuda_ad_mono", "llvm": "llvm_ad_mono"}


def load_mitsuba(variant: Literal["auto", "llvm", "cuda"] = "auto") -> ModuleType:
    """Import Mitsuba with a monochrome, differentiable variant.

    Parameters
    ----------
    variant : {"auto", "llvm", "cuda"}
        ``auto`` takes CUDA where it works, else LLVM. If a variant is active already, ``auto`` keeps it.

    Returns
    -------
    module
        ``mitsuba``, with its variant set, and no more threads than `asked_threads`.

    Raises
    ------
    MissingDependencyError
        If the variant cannot run here; the sentence says what to install.
    """
    mitsuba = _import_mitsuba(variant)
    active = mitsuba.variant()
    if active is not None and (variant == "auto" or active == VARIANTS[variant]):
        return mitsuba
    mitsuba.set_variant(VARIANTS[_resolve(mitsuba, variant)])
    if (threads := asked_threads()) is not None:
        importlib.import_module("drjit").set_thread_count(threads)
    return mitsuba


def variant_device(mitsuba: ModuleType) -> torch.device:
    """Return where PyTorch finds the arrays of the active variant without copying them."""
    import torch

    return torch.device("cuda" if str(mitsuba.variant()).startswith("cuda") else "cpu")


def _import_mitsuba(variant: str) -> ModuleType:
    # Dr.Jit looks for libLLVM when a variant is first set, so its path must be known before.
    if variant != "cuda":
        try:
            use_libllvm()
        except MissingDependencyError:
            if variant == "llvm":
                raise
    try:
        return importlib.import_module("mitsuba")
    except (ImportError, NameError) as error:
        # Where a library of the system is missing, Dr.Jit trips over a name of its own after the error that says so.
        cause = error.__context__ if isinstance(error, NameError) and error.__context__ else error
        how = "`apt-get install libatomic1`" if "libatomic" in str(cause) else "`pip install mitsuba==3.9.1`"
        raise MissingDependencyError(f"Mitsuba cannot be imported ({cause}); mend it with {how}.") from error


def _resolve(mitsuba: ModuleType, variant: str) -> Literal["llvm", "cuda"]:
    drjit = importlib.import_module("drjit")
    cuda = drjit.has_backend(drjit.JitBackend.CUDA)
    if variant == "cuda" and not cuda:
        raise MissingDependencyError(
            "`rendering.variant` is cuda, but no usable NVIDIA GPU and driver were found; set it to llvm or auto."
        )
    if variant == "cuda" or (variant == "auto" and cuda):
        return "cuda"
    use_libllvm()
    return "llvm"
