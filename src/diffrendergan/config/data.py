"""Configuration of the real micrographs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from diffrendergan.config.base import Count, CountOrNone, Fraction, PatchSize, Positive, Section

Choice = Count | str


class HeightsConfig(Section):
    """Scans that are height maps (AFM): what their numbers are worth, and how they are levelled (`docs/formats.md`)."""

    nm_per_number: Positive | Literal["auto"] = "auto"
    """Nanometres that one of a file's numbers is worth; `auto` takes what the file states, and takes scans whose files
    state nothing for pictures like any other."""
    degree: Annotated[int, Field(ge=0, le=3)] | Literal["none", "auto"] = "auto"
    """Degree of the polynomial that is taken off, as it fits the ground: 1 is a plane, 2 a bow, 0 the ground's mean
    height. `auto` is 2 for heights in nm, none for pictures."""
    lines: bool | Literal["auto"] = "auto"
    """Bring the ground of each scan line to the same height; `auto` does where something is levelled."""
    tip_radius_nm: Positive | None = None
    """Radius of the tip, where it is known: `quantify` then gives diameters without what the tip adds [nm]."""
    tip_half_angle_deg: Annotated[float, Field(ge=0, le=75)] = 18.0
    """Angle between the tip's axis and its flank, for surfaces without the tip [degrees]."""


AS_FILES_STATE = HeightsConfig()
"""Nothing is known of height maps but what files state."""


class DataConfig(Section):
    """The real micrographs: where they are and what is cut from them."""

    images: Path = Path("images")
    """Folder of grey micrographs (TIFF, PNG, JPEG, BMP; with the extra `em` also DM3, DM4, SER, EMD, MRC)."""
    masks: Path | None = None
    """Folder of annotations, used only by `evaluate`: never for training on synthetic data."""
    mask_suffix: str | None = None
    """A scan NAME.tif has the annotation NAME<mask_suffix>.<any image ending>; null tries the usual ones."""
    mask_kind: Literal["auto", "particles", "instances", "classes"] = "auto"
    """`particles`: non-zero is particle, 4-connected regions are the particles. `instances`: a number per particle.
    `classes`: 1 is particle, 2 its contour. `auto` decides from all annotations together."""
    pixel_size_nm: Positive | Literal["auto"] = "auto"
    """Edge of a pixel [nm]; `auto` reads it from the metadata and leaves it unknown if there is none."""
    scale: Annotated[float, Field(ge=0.02, le=8)] = 1
    """Scans are resampled by this factor before anything is learned from them: below 1 where particles are too large
    for a patch, above 1 where they are too small to be told apart. Lengths in px of a project are those of resampled
    scans; lengths in nm, `pixel_size_nm`, and all results on scans are as without it."""
    data_bar: CountOrNone | Literal["auto"] = "auto"
    """Rows to crop at the bottom [px]; `auto` detects the data bar."""
    series: Choice | None = None
    """Which of several images in each file, counted from 1, or its name; by default the first of the largest."""
    channel: Choice | None = None
    """Which of several detectors in each file, in the same way; by default the first."""
    test_fraction: Fraction = 0.2
    """Fraction of the scans kept back for `evaluate`."""
    test_scans: tuple[str, ...] | None = None
    """Names (without ending) of the test scans; by default they are drawn with the seed."""
    patch_size: PatchSize = 256
    """Edge of a square patch [px]."""
    stride: Count = 64
    """Distance of neighbouring candidate patches [px]."""
    patches: Count = 124
    """Real training patches; also the number of constellations."""
    background_patches: CountOrNone = 200
    """Patches without particles that supplement the synthetic training set."""
    min_full_particles: CountOrNone = 3
    """Particles that a patch must show in full (none of them touches its border)."""
    max_similarity: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Two patches more alike than this (normalised cross-correlation, or overlap of area) are near-duplicates."""
    overrides: Path | None = None
    """Text file that adds or removes patches (`prepare` writes one to start from)."""
    foreground: Literal["bright", "dark"] = "bright"
    """Are particles brighter or darker than the background?"""
    heights: HeightsConfig = AS_FILES_STATE
    search: Literal["generalist", "thresholds"] = "generalist"
    """What finds whole particles and empty places before any network is trained: the packaged network where it is sure
    of the scans, or grey values alone. Wires are always found by grey values."""
