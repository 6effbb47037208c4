"""Which page of a TIFF is the scan: previews are passed over, of several series one is taken, stacks are refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tifffile

from diffrendergan.errors import DataError
from diffrendergan.image_files.metadata import OmeImage
from diffrendergan.image_files.stored import CHOOSE_CHANNEL, CHOOSE_SERIES

Choice = int | str | None
"""Counted from 1, or a name; None leaves it to the program."""
THUMBNAIL_FRACTION = 0.25
"""Further pages with at most this fraction of the pixels are previews."""
REDUCED, MASK = 1, 4
"""Bits of NewSubfileType: a page of reduced resolution, a transparency mask."""
PAGE_NAME = 285


@dataclass(frozen=True)
class Series:
    """Pages that show one field."""

    name: str
    pages: tuple[Any, ...]
    channels: tuple[str, ...] | None = None
    """Names of the detectors that the pages are of, "" where they have none; None: the pages are those of a stack."""


def choose_page(
    tif: tifffile.TiffFile, path: Path, ome: Sequence[OmeImage], series: Choice = None, channel: Choice = None
) -> tuple[Any, tuple[str, ...], Choice]:
    """Return the page that holds the image, what is to be said of the choice, and the channel if pages do not tell it.

    Parameters
    ----------
    tif : tifffile.TiffFile
        The open file.
    path : Path
        Its path, for messages.
    ome : sequence of OmeImage
        What OME-XML says of its pages.
    series : int, str or None
        Which series, counted from 1, or its name. None takes the largest, of several the first.
    channel : int, str or None
        Which of the pages of several detectors.

    Raises
    ------
    DataError
        If there is no page, if the pages are a stack, if there is no such series or channel, or if the file does not
        hold all parts of the image.
    """
    pages = _pages(tif, path)
    if not pages:
        raise DataError(f"{path} holds no image; copy it again.")
    found = _series(_without_previews(pages), ome)
    names = [one.name for one in found]
    if series is None:
        if len(found) > 1 and _alike(found) and not ome:
            raise _stack(path)
        sizes = [_pixels(one.pages[0]) for one in found]
        place = sizes.index(max(sizes))
        remarks = said_of_series(names, place, _alike(found))
    else:
        place, remarks = place_of(series, names, "series", path), ()
    chosen = found[place]
    page, said, left = _one_page(chosen, channel, path)
    _refuse_hidden_stack(tif, page, len(pages), path)
    _refuse_missing_parts(page, path)
    return page, remarks + said, left


def _pages(tif: tifffile.TiffFile, path: Path) -> list[Any]:
    """Return the pages; those of a broken file may lead back to each other, without an end."""
    pages: dict[int, Any] = {}
    for page in tif.pages:
        if page is None:
            continue
        if page.offset in pages:
            raise DataError(
                f"{path} is broken: its pages lead back to page {list(pages).index(page.offset) + 1}; copy it again."
            )
        pages[page.offset] = page
    return list(pages.values())


def place_of(choice: int | str, names: Sequence[str], what: str, path: Path) -> int:
    """Return the place of a chosen series or channel.

    Raises
    ------
    DataError
        If there is no such.
    """
    if isinstance(choice, int) and 1 <= choice <= len(names):
        return choice - 1
    if isinstance(choice, str) and names.count(choice) == 1:
        return names.index(choice)
    if isinstance(choice, str) and choice.isdecimal() and choice not in names:
        return place_of(int(choice), names, what, path)
    raise DataError(f"{path} has no {what} {choice}; choose one of {_listed(names)}.")


def _without_previews(pages: Sequence[Any]) -> list[Any]:
    """Leave out pages of reduced resolution, marked as such or at most half as wide and high as the largest."""
    whole = [page for page in pages if not int(page.subfiletype) & (REDUCED | MASK)] or list(pages)
    largest = max(whole, key=_pixels)
    half_width, half_height = -(-largest.imagewidth // 2), -(-largest.imagelength // 2)
    return [
        page
        for page in whole
        if _pixels(page) > THUMBNAIL_FRACTION * _pixels(largest)
        and (page.imagewidth > half_width or page.imagelength > half_height)
    ]


def _series(pages: Sequence[Any], ome: Sequence[OmeImage]) -> list[Series]:
    """Group the pages into series: by OME-XML, otherwise each page is one."""
    if ome:
        by_image = [(image, tuple(page for page in pages if page.index in image.pages)) for image in ome]
        found = [
            Series(image.name, own, _channel_names(image, len(own)) if image.planes == 1 else None)
            for image, own in by_image
            if own
        ]
        if found:
            return found
    return [Series(_page_name(page), (page,)) for page in pages]


def _channel_names(image: OmeImage, count: int) -> tuple[str, ...]:
    return image.channels if len(image.channels) == count else ("",) * count


def _one_page(series: Series, channel: Choice, path: Path) -> tuple[Any, tuple[str, ...], Choice]:
    """Return the page of a series; of several detectors the first, unless one is chosen. Also what is left to choose.

    Raises
    ------
    DataError
        If the series is a stack, or has no such channel.
    """
    pages = series.pages
    if len(pages) == 1:
        return pages[0], (), None if series.channels == (channel,) else channel
    if series.channels is None:
        raise _stack(path)
    if channel is not None:
        return pages[place_of(channel, series.channels, "channel", path)], (), None
    named = f" ({', '.join(series.channels)})" if all(series.channels) else ""
    said = f"It holds the images of {len(pages)} detectors{named}; the first is taken ({CHOOSE_CHANNEL})."
    return pages[0], (said,), None


def said_of_series(names: Sequence[str], place: int, alike: bool) -> tuple[str, ...]:
    """Say which of several series was taken: the first of those of one size, else the largest; nothing of one alone."""
    if len(names) == 1:
        return ()
    why = "the first" if alike else "the largest"
    return (f"It holds {len(names)} series, {_listed(names)}; {why}, number {place + 1}, is taken ({CHOOSE_SERIES}).",)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{number} ({name})" if name else str(number) for number, name in enumerate(names, 1))


def _refuse_hidden_stack(tif: tifffile.TiffFile, page: Any, pages: int, path: Path) -> None:
    """Refuse stacks of which the file has fewer pages than planes: ImageJ and tifffile write such.

    Raises
    ------
    DataError
        If the page is the first of several planes.
    """
    images = int((tif.imagej_metadata or {}).get("images", 1)) if tif.is_imagej else 1
    deep = int(page.imagedepth) > 1
    shaped = tif.is_shaped and pages == 1 and tif.series[0].size > page.size
    if images > pages or deep or shaped:
        raise _stack(path)


def _refuse_missing_parts(page: Any, path: Path) -> None:
    """Refuse a page whose strips or tiles lie beyond the end of the file, or nowhere: they would be read as zeros.

    Raises
    ------
    DataError
        If fewer parts are there than the page says that it has.
    """
    parts, end = math.prod(page.chunked), page.parent.filehandle.size
    places = list(zip(page.dataoffsets[:parts], page.databytecounts[:parts], strict=False))
    # Some parts of no bytes are left out on purpose: empty tiles.
    told = sum(offset < end or size == 0 for offset, size in places) if any(size for _, size in places) else 0
    if told < parts:
        raise DataError(f"{path} is broken: it holds {told:,} of the {parts:,} parts of its image; copy it again.")


def _stack(path: Path) -> DataError:
    return DataError(
        f"{path} is a stack of several images; save each as a file of its own, or choose one with data.series or "
        "--series."
    )


def _alike(found: Sequence[Series]) -> bool:
    """Tell whether all series have images of one size."""
    return len({(one.pages[0].imagewidth, one.pages[0].imagelength) for one in found}) == 1


def _pixels(page: Any) -> int:
    return int(page.imagewidth) * int(page.imagelength)


def _page_name(page: Any) -> str:
    tag = page.tags.get(PAGE_NAME)
    return str(tag.value).strip() if tag is not None else ""
