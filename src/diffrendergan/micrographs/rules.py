"""How the scans of a project, a run or a folder of label images are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from diffrendergan.config.data import AS_FILES_STATE, HeightsConfig
from diffrendergan.config.project import Project
from diffrendergan.image_files.pages import Choice
from diffrendergan.micrographs.stretch import Stretch


@dataclass(frozen=True)
class ReadingRules:
    """What is known of scans before they are read; "auto" and None leave it to their files."""

    data_bar: int | Literal["auto"] = "auto"
    """Rows to crop at the bottom [px]; "auto" takes them from the metadata or finds them."""
    pixel_size_nm: float | Literal["auto"] = "auto"
    """Edge of a pixel [nm]; "auto" reads it from the metadata and leaves it unknown otherwise."""
    stretch: Stretch | None = None
    """Common stretch of scans of more than 8 bits; None takes the full scale of their numbers."""
    series: Choice = None
    """Which of several images in a file, counted from 1, or its name; None takes the largest."""
    channel: Choice = None
    """Which of several detectors in a file, in the same way; None takes the first."""
    heights: HeightsConfig = AS_FILES_STATE
    """What numbers of height maps are worth, and how these are levelled."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without the pixel size: that of each scan stands beside what was made of it."""
        return {
            "data_bar": self.data_bar,
            "series": self.series,
            "channel": self.channel,
            "stretch": None if self.stretch is None else self.stretch.to_json(),
            "heights": self.heights.model_dump(mode="json"),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ReadingRules:
        """Return the rules that `to_json` described, among other values or by an older program."""
        return cls(
            data_bar=values.get("data_bar", "auto"),
            stretch=Stretch.from_json(values.get("stretch")),
            series=values.get("series"),
            channel=values.get("channel"),
            heights=HeightsConfig.model_validate(values.get("heights", {})),
        )


AS_FILES_SAY = ReadingRules()
"""Nothing is known but what files say themselves."""


def rules_of(project: Project, stretch: Stretch | None = None) -> ReadingRules:
    """Return how the scans of a project are read."""
    data = project.data
    return ReadingRules(data.data_bar, data.pixel_size_nm, stretch, data.series, data.channel, data.heights)
