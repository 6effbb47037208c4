"""A text file by which the user overrules the automatic choice of patches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diffrendergan.errors import ConfigError
from diffrendergan.image_files.names import nfc
from diffrendergan.micrographs.splitting import unknown_scan
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.candidates import Place, outside_share
from diffrendergan.patches.rules import RULES
from diffrendergan.patches.selection import FLIPS, Flipped

HEADER = """\
# The patches that were chosen. To overrule the choice, edit a copy of this file and set in the configuration
#   data: {overrides: selection.txt}
#
# A line is:  scan x y      (the top left corner of the patch [px] in the scan without its data bar)
#   scan x y      these lines, if there are any, are taken instead of the automatic choice:
#                 delete a line to drop a patch, add one to take another
#   + scan x y    adds a patch
#   - scan x y    removes a patch
# So a file with lines of + and - alone changes the automatic choice. The same holds for [background], where a
# fourth word may mirror the crop: horizontal, vertical or both. A section without lines is left to the program.
# What follows a # is a remark.
"""
SECTIONS = ("patches", "background")
NUMBER = re.compile(r"-?[0-9]{1,9}")
"""A row or column in a line."""


@dataclass(frozen=True)
class SectionEdits:
    """What the user wrote in one section."""

    listed: tuple[Flipped, ...] = ()
    added: tuple[Flipped, ...] = ()
    removed: tuple[Flipped, ...] = ()

    def apply(self, automatic: Sequence[Flipped]) -> list[Flipped]:
        """Return the choice after the user's changes; what is added comes last."""
        removed = set(self.removed)
        kept = [*(self.listed or automatic), *self.added]
        return list(dict.fromkeys(place for place in kept if place not in removed))

    @property
    def empty(self) -> bool:
        """Whether the user left this section to the program."""
        return not (self.listed or self.added or self.removed)


@dataclass(frozen=True)
class Overrides:
    """The user's changes to the choice of patches and of background patches."""

    patches: SectionEdits = field(default_factory=SectionEdits)
    background: SectionEdits = field(default_factory=SectionEdits)


def format_selection(patches: Sequence[tuple[Place, int]], background: Sequence[Flipped], size: int) -> str:
    """Write the choice as a text that `parse_overrides` reads back.

    Parameters
    ----------
    patches : sequence of (Place, int)
        Chosen patches and their particles displayed in full.
    background : sequence of Flipped
        Chosen background patches.
    size : int
        Edge of a patch [px].
    """
    lines = [HEADER, f"# {len(patches)} patches of {size}×{size} px", "[patches]"]
    lines += [f"{place.scan} {place.x} {place.y}  # {count} full particles" for place, count in patches]
    lines += ["", f"# {len(background)} patches without particles", "[background]"]
    for item in background:
        flip = "" if item.flip == "none" else f" {item.flip}"
        lines.append(f"{item.place.scan} {item.place.x} {item.place.y}{flip}")
    return "\n".join(lines) + "\n"


def read_overrides(path: Path, sizes: Mapping[str, tuple[int, int]], size: int) -> Overrides:
    """Read the user's file.

    Parameters
    ----------
    path : Path
        The text file.
    sizes : mapping of str to (int, int)
        Rows and columns of each training scan.
    size : int
        Edge of a patch [px].

    Raises
    ------
    ConfigError
        If the file is missing, or a line is not understood, names no training scan or a place outside it.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"data.overrides: {path} cannot be read as text ({error}).") from error
    return parse_overrides(text, sizes, size, str(path))


def check_field(edits: Overrides, scans: Sequence[Micrograph], size: int, path: Path) -> list[str]:
    """Return what is to be said of patches that the user takes and that reach a little beyond the field of their scan.

    Parameters
    ----------
    edits : Overrides
    scans : sequence of Micrograph
        The training scans.
    size : int
        Edge of a patch [px].
    path : Path
        The user's file.

    Raises
    ------
    ConfigError
        If one reaches out by more than `RULES.slightly_outside` of its area.
    """
    by_name = {nfc(scan.name): scan for scan in scans}
    said = []
    for section, edited in zip(SECTIONS, (edits.patches, edits.background), strict=True):
        for place in (item.place for item in (*edited.listed, *edited.added) if item not in edited.removed):
            share = outside_share(by_name[nfc(place.scan)], place.x, place.y, size)
            where = f"[{section}] takes {place.scan} {place.x} {place.y}, of which {share:.1%}"
            if share > RULES.slightly_outside:
                raise ConfigError(
                    f"data.overrides: {path}, {where} lies where nothing was recorded (a frame, a data bar, or what "
                    "was drawn into the scan); move the patch into the field, or delete the line."
                )
            if share > 0:
                said.append(
                    f"{path}, {where} lies beyond the field of the scan and is filled by mirroring; move it if that "
                    "is not wanted."
                )
    return said


def parse_overrides(text: str, sizes: Mapping[str, tuple[int, int]], size: int, where: str) -> Overrides:
    """Parse the user's text; see `read_overrides`."""
    found: dict[str, dict[str, list[Flipped]]] = {name: {"": [], "+": [], "-": []} for name in SECTIONS}
    section = SECTIONS[0]
    for number, raw_line in enumerate(text.splitlines(), start=1):
        line = raw_line.split("#", 1)[0].strip()
        spot = f"{where}, line {number}"
        if not line:
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            if section not in SECTIONS:
                raise ConfigError(f"{spot}: there is no section {line}; there are [patches] and [background].")
            continue
        sign, place = _parse_line(line, section, sizes, size, spot)
        if place in found[section][sign]:
            raise ConfigError(f"{spot}: {line!r} is given twice; delete one.")
        found[section][sign].append(place)
    edits = [SectionEdits(*(tuple(found[name][sign]) for sign in ("", "+", "-"))) for name in SECTIONS]
    return Overrides(*edits)


def _parse_line(
    line: str, section: str, sizes: Mapping[str, tuple[int, int]], size: int, spot: str
) -> tuple[str, Flipped]:
    sign, rest = (line[0], line[1:]) if line[0] in "+-" and line[1:2].isspace() else ("", line)
    words = rest.split()
    flip = words.pop() if section == "background" and len(words) >= 4 and words[-1] in FLIPS else "none"
    # A scan's name may hold spaces: the last two words are the numbers.
    if len(words) < 3 or not all(NUMBER.fullmatch(word) for word in words[-2:]):
        raise ConfigError(f"{spot}: {line!r} is not understood; a line is 'scan x y', with + or - before it or not.")
    name, x, y = nfc(" ".join(words[:-2])), int(words[-2]), int(words[-1])
    if name not in sizes:
        raise ConfigError(unknown_scan(f"{spot}, among the training scans", name, sizes))
    height, width = sizes[name]
    if not (0 <= x <= width - size and 0 <= y <= height - size):
        raise ConfigError(
            f"{spot}: the patch at {x} {y} reaches out of the scan {name}; "
            f"x may be 0 to {width - size}, y 0 to {height - size}."
        )
    return sign, Flipped(Place(name, x, y), flip)
