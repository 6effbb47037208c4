from __future__ import annotations

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.gan.history import EpochRecord
from diffrendergan.reporting.page import sections
from diffrendergan.reporting.page.results import Candidate, Selection


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Leave out the lines of figures, which take the longest by far."""
    monkeypatch.setattr(sections, "inline_svg", lambda figure, name, description: "<svg></svg>")


def record(epoch: int, kernel: tuple[float, ...] | None) -> EpochRecord:
    return EpochRecord(epoch, 10 * epoch, 0.5, 0.2, 0.6, 0.4, 90.0, "pixels", 0.3, {}, 60.0, kernel)


def test_a_training_from_the_fit_counts_from_epoch_0_and_shows_the_kernel_distance():
    project = load_project(
        None, "tio2-sem", ["generator.draw=learned", "training.recipe=balanced", "training.epochs=50"]
    )
    records = [record(epoch, (0.2, 0.3)) for epoch in range(3)]
    selection = Selection(0, 90.0, "pixels", "The fit itself is kept.", (Candidate(0, 90.0, 0.3, 0.25),))
    found = sections.training_section(project, records, selection)
    assert found["sentence"].startswith("2 of 50 epochs so far") and "with its kernel distance" in found["sentence"]
    assert found["distance"] == "Kernel distance"
    assert found["candidates"] == [{"epoch": 0, "fid": "0.250", "breadth": "0.300", "chosen": True}]
    ended = sections.training_section(project, [record(epoch, (0.2, 0.3)) for epoch in range(9)], selection)
    assert ended["sentence"].startswith("8 epochs,")


def test_a_discriminator_that_has_won_is_said():
    project = load_project(None, "tio2-sem", ["look=paper"])
    records = [record(1, None), record(2, None)]
    assert sections.training_section(project, records, None)["warning"] is None
    found = sections.training_section(project, records, None, "the discriminator has won")
    assert found["warning"] == "Warning: the discriminator has won." and found["distance"] == "FID"
