"""Configuration of where things are computed."""

from __future__ import annotations

from typing import Annotated, Literal

from diffrendergan.config.base import NO_RESULT, Count, Section

DeviceName = Literal["auto", "cpu", "cuda"]


class ComputeConfig(Section):
    """What the machine gives; nothing here changes what is computed, but for the last digits on another device."""

    device: Annotated[DeviceName, NO_RESULT] = "auto"
    """Where networks are trained and predict, and where stored images of arrangements lie: on the CPU, on an NVIDIA
    GPU, or there if PyTorch has one. Networks compute in bfloat16 where the device multiplies it itself."""
    workers: Annotated[Count, NO_RESULT] = 1
    """Processes that trace transport images, synthesize, and quantify held-out scans, which share the cores. Each has
    scene, network and scan in memory of its own; the results are the same for any number. One of them uses all cores
    for most of its time: more are worth it on machines of many cores."""
