from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from diffrendergan.pipeline.timing import peak_rss_mb, read_timings, timed


def test_time_is_recorded_though_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), timed(tmp_path, "train", fresh=True):
        time.sleep(0.02)
        raise KeyError
    with timed(tmp_path, "train", fresh=False):
        time.sleep(0.02)
    found = read_timings(tmp_path)["train"]
    assert 0.04 <= found["seconds"] < 5
    assert found["sessions"] == 2


PEAKS = """
import sys
from pathlib import Path
from diffrendergan.pipeline.timing import timed

with timed(Path(sys.argv[1]), "large", fresh=True):
    block = bytearray(200 << 20)
    block[:: 1 << 12] = b"x" * len(block[:: 1 << 12])
    del block
with timed(Path(sys.argv[1]), "small", fresh=True):
    pass
"""


def test_the_peak_is_that_of_the_stage(tmp_path: Path) -> None:
    # In a process of its own: other tests may have told this one to keep what it frees.
    subprocess.run([sys.executable, "-c", PEAKS, str(tmp_path)], check=True)
    timings = read_timings(tmp_path)
    assert timings["large"]["peak_rss_mb"] > 200
    if Path("/proc/self/clear_refs").exists():
        assert timings["small"]["peak_rss_mb"] < timings["large"]["peak_rss_mb"] - 150
    assert peak_rss_mb() > 5


@pytest.mark.parametrize("text", ["", "[]", '{"train": 3}'])
def test_a_broken_record_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "timings.json").write_text(text)
    assert read_timings(tmp_path) == {}
