"""OME-XML: which of its images the pages of a file belong to, and their scale."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from diffrendergan.image_files.metadata.scale import StatedScale
from diffrendergan.image_files.metadata.words import length_nm, positive


@dataclass(frozen=True)
class OmeImage:
    """One Image element, with its one Pixels element."""

    name: str
    columns: int | None
    rows: int | None
    planes: int
    """Depths and points in time."""
    channels: tuple[str, ...]
    """Names of the channels; "" where they have none."""
    pages: tuple[int, ...]
    """Indices of the pages (IFD) that hold it, in this file."""
    sizes: tuple[tuple[str | None, str], tuple[str | None, str]]
    """Width and height of a pixel as written, with their units."""
    place: tuple[tuple[str | None, str], tuple[str | None, str]] | None = None
    """Where the stage was for its first plane (PositionX, PositionY), as written, with their units."""

    def scale(self) -> StatedScale | None:
        """Return what it says of the scale; units that are no lengths (pixel, reference frame) say nothing."""
        width, height = (length_nm(value, unit) for value, unit in self.sizes)
        return None if width is None else StatedScale("the OME metadata", width, height, self.columns, self.rows)


def ome_images(xml: str | None) -> list[OmeImage]:
    """Return the images that OME-XML describes; none if it cannot be read."""
    if not xml:
        return []
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    images: list[OmeImage] = []
    next_page = 0
    for image in (element for element in root if _is(element, "Image")):
        pixels = next((element for element in image if _is(element, "Pixels")), None)
        if pixels is not None:
            images.append(_image(image, pixels, next_page, root.get("UUID")))
            next_page = max(next_page, *(page + 1 for page in images[-1].pages), 0)
    return images


def ome_scale(images: list[OmeImage], page: int) -> StatedScale | None:
    """Return the scale of the image that a page belongs to."""
    own = [image for image in images if page in image.pages]
    return own[0].scale() if own else None


def _image(image: ElementTree.Element, pixels: ElementTree.Element, next_page: int, file: str | None) -> OmeImage:
    names = tuple(element.get("Name", "") for element in pixels if _is(element, "Channel"))
    samples = sum(_count(element, "SamplesPerPixel") for element in pixels if _is(element, "Channel"))
    planes, channels = _count(pixels, "SizeZ") * _count(pixels, "SizeT"), _count(pixels, "SizeC")
    # Channels that lie in one page, as the samples of its pixels, take no pages of their own.
    per_plane = max(1, len(names)) if samples >= channels and len(names) else channels
    return OmeImage(
        image.get("Name", ""),
        _size(pixels, "SizeX"),
        _size(pixels, "SizeY"),
        planes,
        names,
        _pages(pixels, planes * per_plane, next_page, file),
        (
            (pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm")),
            (pixels.get("PhysicalSizeY"), pixels.get("PhysicalSizeYUnit", "µm")),
        ),
        _place(pixels),
    )


def _place(pixels: ElementTree.Element) -> tuple[tuple[str | None, str], tuple[str | None, str]] | None:
    plane = next((element for element in pixels if _is(element, "Plane")), None)
    if plane is None or plane.get("PositionX") is None or plane.get("PositionY") is None:
        return None
    x, y = ((plane.get(f"Position{axis}"), plane.get(f"Position{axis}Unit", "")) for axis in "XY")
    return x, y


def _pages(pixels: ElementTree.Element, count: int, next_page: int, file: str | None) -> tuple[int, ...]:
    """Return the pages of an image: those that TiffData elements name, or, without any, the next ones.

    One description may stand in each of several files; `file` is the identifier of this one.
    """
    blocks = [element for element in pixels if _is(element, "TiffData")]
    if not blocks:
        return tuple(range(next_page, next_page + count))
    pages: list[int] = []
    for block in blocks:
        other = next((element.text for element in block if _is(element, "UUID")), None)
        if file and other and other != file:
            continue
        first = int(block.get("IFD", "0"))
        # Without IFD a block holds all planes from the first page on; with it, one plane unless it says otherwise.
        length = int(block.get("PlaneCount", "1" if "IFD" in block.attrib else str(count)))
        pages += range(first, first + length)
    return tuple(dict.fromkeys(pages))


def _is(element: ElementTree.Element, name: str) -> bool:
    return element.tag.rpartition("}")[2] == name


def _count(element: ElementTree.Element, name: str) -> int:
    return max(1, int(element.get(name, "1")))


def _size(element: ElementTree.Element, name: str) -> int | None:
    number = positive(element.get(name))
    return None if number is None else int(number)
