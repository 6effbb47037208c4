"""What a comparison found, and how it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.realism.distances import Distance
from diffrendergan.realism.telling import Telling
from diffrendergan.realism.trials import Error
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.words import number, percent
from diffrendergan.sizes.bootstrap import Interval

STAGE = "compare"
FILE = "comparison.json"
FORMAT = 1

COLUMNS = ("", "synthetic against real", "real against real")


@dataclass(frozen=True)
class Curves:
    """What figures show of either side."""

    frequencies: tuple[float, ...]
    """Middles of rings of spatial frequency [cycles/px]."""
    power: dict[str, tuple[tuple[float, float, float], ...]]
    """By side: quartiles over the patches of the power per pixel in each ring [grey²], directions averaged."""
    noise: dict[str, tuple[tuple[float, float, float], ...]]
    """By side: quartiles of the noise [grey] in each class of brightness."""
    grey: dict[str, tuple[tuple[float, float, float], ...]]
    """By side: quartiles of the grey levels below which shares of the pixels lie."""


@dataclass(frozen=True)
class Comparison:
    """How far synthetic patches can be told from real ones."""

    error: Error
    """Of the classifier on patches of scans that it was not trained on; .5 is guessing."""
    even: Error
    """The same with brightness and contrast of each patch evened out."""
    null: Error | None
    """The same as `error` for real patches against real ones of other scans; None for fewer than four scans."""
    by_kind: dict[str, float]
    """The error of a classifier that sees one kind of measures only."""
    kernel: Distance
    sliced: tuple[Distance, ...]
    """By level of the pyramid, finest first."""
    telling: tuple[Telling, ...]
    curves: Curves
    patches: int
    """On each side."""
    patch_px: int
    scans: tuple[int, int]
    """Of either side."""
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """What the error means, in a sentence."""
        error = self.error
        told = f"The classifier errs in {percent(error.value)} of the patches (50 % is guessing)"
        if error.interval is not None and error.interval.high >= 0.5:
            return f"{told}: it cannot tell the synthetic patches from the real ones."
        return f"{told}: the synthetic patches can be told from the real ones."

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """The table, as text: what is measured, synthetic against real, real against real."""
        rows = [
            ("error of the classifier", _error(self.error), _error(self.null)),
            ("… brightness and contrast evened out", _error(self.even), "–"),
            ("kernel distance", *_distance(self.kernel)),
        ]
        for level, distance in enumerate(self.sliced):
            what = f"details of {2**level} px" if level < len(self.sliced) - 1 else "all that is coarser"
            rows.append((f"sliced Wasserstein distance, {what}", *_distance(distance)))
        return rows

    @property
    def sentences(self) -> list[str]:
        """Where the classifier looks, a sentence each."""
        told = [
            f"The synthetic patches have {one.sentence}: right in {percent(one.pairs)} of the pairs."
            for one in self.telling
        ]
        kinds = sorted(self.by_kind.items(), key=lambda item: item[1])
        alone = ", ".join(f"{kind} {percent(error)}" for kind, error in kinds)
        return [*told, f"Errors of classifiers that see one kind of measures only: {alone}."]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"format": FORMAT, "headline": self.headline, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Comparison:
        """Read what `to_json` gave; raises KeyError, TypeError or ValueError on anything else."""
        curves = value["curves"]
        null = value["null"]
        return cls(
            error=_read_error(value["error"]),
            even=_read_error(value["even"]),
            null=None if null is None else _read_error(null),
            by_kind={str(kind): float(error) for kind, error in value["by_kind"].items()},
            kernel=_read_distance(value["kernel"]),
            sliced=tuple(_read_distance(one) for one in value["sliced"]),
            telling=tuple(Telling(str(one["sentence"]), float(one["pairs"])) for one in value["telling"]),
            curves=Curves(
                tuple(map(float, curves["frequencies"])),
                *({side: tuple(tuple(row) for row in rows) for side, rows in curves[kind].items()}
                  for kind in ("power", "noise", "grey")),
            ),
            patches=int(value["patches"]),
            patch_px=int(value["patch_px"]),
            scans=(int(value["scans"][0]), int(value["scans"][1])),
            notes=tuple(map(str, value["notes"])),
        )  # fmt: skip


def write_comparison(folder: Path, comparison: Comparison) -> None:
    """Write `comparison.json` into a folder.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    write_json(folder / FILE, comparison.to_json())


def write_refusal(folder: Path, reason: str) -> None:
    """Write into a run's folder why nothing could be compared."""
    write_json(folder / FILE, {"format": FORMAT, "refused": reason})


def read_comparison(folder: Path) -> Comparison | str | None:
    """Return the comparison of a folder, why there is none, or None if none was tried.

    Raises
    ------
    RunFolderError
        If its file is broken.
    """
    path = folder / FILE
    if not path.exists():
        return None
    value = read_json(path)
    try:
        return str(value["refused"]) if "refused" in value else Comparison.from_json(value)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise RunFolderError(f"{path} is broken ({type(error).__name__}: {error}); give `compare` again.") from error


def _error(error: Error | None) -> str:
    if error is None:
        return "–"
    return percent(error.value) + ("" if error.interval is None else f" ({_range(error.interval, 100)})")


def _distance(distance: Distance) -> tuple[str, str]:
    own = f"{number(distance.value)} ({_range(distance.interval)})"
    if distance.real is None or distance.real_interval is None:
        return own, "–"
    return own, f"{number(distance.real)} ({_range(distance.real_interval)})"


def _range(interval: Interval, unit: float = 1.0) -> str:
    if unit == 1.0:
        return f"{number(interval.low)} to {number(interval.high)}"
    return f"{unit * interval.low:.0f}–{unit * interval.high:.0f}"


def _read_interval(value: Any) -> Interval | None:
    return None if value is None else Interval(float(value[0]), float(value[1]))


def _read_error(value: Mapping[str, Any]) -> Error:
    return Error(float(value["value"]), _read_interval(value["interval"]))


def _read_distance(value: Mapping[str, Any]) -> Distance:
    interval = _read_interval(value["interval"])
    if interval is None:
        raise ValueError("a distance has no range")
    real = value["real"]
    return Distance(
        float(value["value"]), interval, None if real is None else float(real), _read_interval(value["real_interval"])
    )
