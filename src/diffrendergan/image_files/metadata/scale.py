"""What metadata say of the scale of a scan, and when that is believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diffrendergan.image_files.metadata.kind import StatedKind

SQUARE_TOLERANCE = 0.01
AGREEMENT = 0.02
"""Sources whose pixel sizes differ by less than this fraction say the same."""
BY_HAND = "give it by hand (data.pixel_size_nm or --pixel-size-nm)"


@dataclass(frozen=True)
class ScanMetadata:
    """What the metadata say; None is unknown."""

    pixel_size_nm: float | None = None
    data_bar_rows: int | None = None
    remarks: tuple[str, ...] = ()
    """Why a scale that is stated was not taken, or which of several was; a sentence each, without the file's name."""
    kind: StatedKind | None = None
    """The kind of image, where the file states it."""
    nm_per_number: float | None = None
    """Nanometres that one of its numbers is worth, where the file states that they are heights."""


@dataclass(frozen=True)
class StatedScale:
    """What one source says of the scale."""

    source: str
    """As it reads in a sentence, in the plural: `the FEI metadata`."""
    x_nm: float | None
    """Width of a pixel [nm]; None where it is stated in a way that is not understood."""
    y_nm: float | None = None
    """Height of a pixel [nm]; None: not stated, so that the width holds."""
    columns: int | None = None
    """Width [px] of the image that the scale was stated for, where the source says it."""
    rows: int | None = None
    """Its height [px]."""
    not_understood: str = ""
    """What is stated but not understood."""

    @property
    def square(self) -> bool:
        """Whether pixels are as high as wide."""
        return self.x_nm is None or self.y_nm is None or abs(self.x_nm - self.y_nm) <= SQUARE_TOLERANCE * self.x_nm

    def fits(self, columns: int, rows: int) -> bool:
        """Tell whether the scale is that of an image of this size.

        A data bar that was added or cropped changes the rows alone, and a turned image swaps both.
        """
        if self.columns is None:
            return self.rows is None or self.rows <= rows
        return self.columns == columns or (self.rows, self.columns) == (columns, rows)


def settle(stated: Iterable[StatedScale | None], columns: int, rows: int) -> tuple[float | None, tuple[str, ...]]:
    """Return the pixel size [nm] of an image, and what is to be said of it.

    The first source that states a scale decides, even if it says that there is none: no later one overrules that.

    Parameters
    ----------
    stated : iterable of StatedScale or None
        The sources, the most trusted first; None for those that say nothing.
    columns, rows : int
        Size of the image as it is stored [px].
    """
    sources = [source for source in stated if source is not None]
    if not sources:
        return None, ()
    first = sources[0]
    if first.x_nm is None:
        return None, (f"The pixel size is unknown: {first.source} state {first.not_understood}; {BY_HAND}.",)
    if not first.square:
        return None, (
            f"The pixel size is unknown: {first.source} say that pixels are not square ({first.x_nm:g} nm wide, "
            f"{first.y_nm:g} nm high); resample the scan to square pixels.",
        )
    if not first.fits(columns, rows):
        theirs = f"{first.rows} rows" if first.columns is None else f"{first.columns}×{first.rows or '?'} pixels"
        return None, (
            f"The pixel size is unknown: {first.source} belong to an image of {theirs}, this one has {columns}×{rows}, "
            f"so their {first.x_nm:g} nm are not taken; {BY_HAND}.",
        )
    others = [other for other in sources[1:] if _differs(other, first.x_nm) and other.fits(columns, rows)]
    return first.x_nm, tuple(
        f"The pixel size of {first.x_nm:g} nm is that of {first.source}; {other.source} say {other.x_nm:g} nm."
        for other in others
    )


def _differs(other: StatedScale, size: float) -> bool:
    return other.x_nm is not None and other.square and abs(other.x_nm - size) > AGREEMENT * size
