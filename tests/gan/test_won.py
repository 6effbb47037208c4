import numpy as np
import pytest

from diffrendergan.config.training import TrainingConfig
from diffrendergan.gan.history import EpochRecord, write_history
from diffrendergan.gan.rules import RULES
from diffrendergan.gan.won import guessing_loss, won_sentence, won_share


def test_what_guessing_gives():
    assert guessing_loss(TrainingConfig()) == 0.25
    assert guessing_loss(TrainingConfig(loss="log")) == pytest.approx(np.log(2))
    assert guessing_loss(TrainingConfig(recipe="balanced")) == pytest.approx(np.log(2))


def test_only_the_last_steps_count_and_a_few_say_nothing():
    losses = np.full(200, 0.25)
    losses[-50:] = 0.05
    assert won_share(losses, 0.25) == 1.0
    assert won_share(losses[::-1], 0.25) == 0.0
    assert won_share(losses[-(RULES.won_least_steps - 1) :], 0.25) is None


@pytest.mark.parametrize(("loss", "said"), [(0.05, True), (0.15, False)])
def test_it_is_said(tmp_path, loss, said):
    records = [EpochRecord(e, 60 * e, 0.1, loss, 1, 0, 5.0, "pixels", 0.5, {}, 1.0) for e in (1, 2, 3)]
    write_history(tmp_path / "history.jsonl", records)
    (tmp_path / "losses").mkdir()
    for record in records:
        np.save(tmp_path / "losses" / f"epoch-{record.epoch:04d}.npy", np.full((60, 4), loss, np.float32))
    found = won_sentence(tmp_path, TrainingConfig())
    assert (found is not None) == said
    if found is not None:
        assert "100 % of the last steps" in found and "calibrate" in found
