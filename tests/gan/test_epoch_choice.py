import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.gan.epoch_choice import choose_epoch
from diffrendergan.gan.history import EpochRecord, breadth, read_history, summarise, write_history
from diffrendergan.rendering.protocol import ParameterSpec

SPECS = (ParameterSpec("a", 0.0, 1.0), ParameterSpec("b", -10.0, 10.0))


def record(epoch, fid, spread):
    return EpochRecord(epoch, epoch, 0.1, 0.2, 0.3, 0.4, fid, "pixels", spread, {"a": {"mean": 1.0, "sd": 0.1}}, 1.0)


RECORDS = [record(1, 90, 0.9), record(2, 50, 0.1), record(3, 40, 0.3), record(4, 60, 0.2), record(5, 45, 0.3)]


def test_broadest_of_the_lowest():
    choice = choose_epoch(RECORDS, 3)
    assert choice.record.epoch == 3  # 5 is as broad, with a higher FID
    assert [candidate.epoch for candidate in choice.candidates] == [3, 5, 2]
    assert not choice.override
    assert "lowest of all" in choice.reason
    assert choose_epoch(RECORDS, 5).record.epoch == 1
    assert "the lowest is 40.0 (epoch 3" in choose_epoch(RECORDS, 5).reason


def test_override():
    choice = choose_epoch(RECORDS, 3, override=4)
    assert choice.record.epoch == 4
    assert choice.override
    assert choice.as_json()["epoch"] == 4
    assert "selection.epoch" in choice.reason
    with pytest.raises(ConfigError, match=r"selection\.epoch is 9, .* 1 to 5"):
        choose_epoch(RECORDS, 3, override=9)


@settings(deadline=None, max_examples=50)
@given(
    scores=st.lists(st.tuples(st.floats(0, 1e3), st.floats(0, 2)), min_size=1, max_size=12),
    candidates=st.integers(1, 6),
)
def test_the_choice_keeps_its_promise(scores, candidates):
    records = [record(i + 1, fid, spread) for i, (fid, spread) in enumerate(scores)]
    choice = choose_epoch(records, candidates)
    assert len(choice.candidates) == min(candidates, len(records))
    assert choice.record in choice.candidates
    assert choice.record.breadth == max(candidate.breadth for candidate in choice.candidates)
    worst = max(candidate.fid for candidate in choice.candidates)
    assert all(other.fid >= worst for other in records if other not in choice.candidates)


def test_breadth_is_zero_collapsed_and_one_uniform():
    assert breadth(np.tile([0.3, 5.0], (20, 1)), SPECS) == pytest.approx(0, abs=1e-12)
    even = np.linspace(0, 1, 10_001)
    assert breadth(np.stack([even, 20 * even - 10], 1), SPECS) == pytest.approx(1, rel=1e-3)
    assert breadth(np.stack([even, np.zeros_like(even)], 1), SPECS) == pytest.approx(0.5, rel=1e-3)


def test_summary():
    assert summarise(np.array([[1.0, 2.0], [3.0, 2.0]]), SPECS) == {
        "a": {"mean": 2.0, "sd": 1.0},
        "b": {"mean": 2.0, "sd": 0.0},
    }


def test_history_file(tmp_path):
    path = tmp_path / "history.jsonl"
    write_history(path, RECORDS)
    assert read_history(path) == RECORDS
    path.write_text(path.read_text()[:-20])
    with pytest.raises(RunFolderError, match=r"history\.jsonl is missing or broken"):
        read_history(path)
    path.write_text("")
    with pytest.raises(RunFolderError, match="no finished epoch"):
        read_history(path)
