import gc
import platform

import numpy as np
import pytest

from diffrendergan.runs import memory


def test_raises_thresholds_on_glibc():
    assert memory.keep_large_buffers() == (platform.libc_ver()[0] == "glibc")


def test_does_nothing_elsewhere(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert memory.keep_large_buffers() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has mallopt")
def test_freed_pages_are_used_again():
    resource = pytest.importorskip("resource")
    memory.keep_large_buffers()

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        np.ones(4 << 20, np.float32)  # 16 MiB: 4096 pages
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert min(faults() for _ in range(5)) < 400


def test_garbage_is_looked_for_seldom_but_found():
    before = gc.get_threshold()
    try:
        memory.collect_seldom()
        assert gc.get_threshold() == (memory.NEW_OBJECTS, *before[1:])
        assert gc.isenabled()
    finally:
        gc.set_threshold(*before)
