from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.errors import ConfigError
from diffrendergan.runs.cluster.place import Place, parse_place


def test_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert parse_place("local:2") == Place("local", workers=2, threads=4)
    assert parse_place("local:16,threads=3") == Place("local", workers=16, threads=3)
    assert parse_place("tcp://127.0.0.1:8786") == Place("tcp", address="tcp://127.0.0.1:8786")
    assert parse_place("tcp://[::1]:1").kind == parse_place("tcp://localhost:1").kind == "tcp"
    assert parse_place("tcp://10.0.0.5:8786,without-tls").without_tls
    assert parse_place("tls://node1:8786,patience=90,threads=2").patience_s == 90
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    assert parse_place(f"tls://node1:8786,certificates={tmp_path}").certificates == tmp_path
    script = tmp_path / "job,threads of mine.sh"
    script.touch()
    assert parse_place(f"slurm:{script},threads=4,host=login1") == Place(
        "slurm", script=script, threads=4, host="login1"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", "one of local:N"), ("4", "one of local:N"), ("local:", "from 1 to 4096"), ("local:0", "from 1 to"),
        ("local:-1", "from 1 to"), ("local:99999999999999", "from 1 to"), ("local:²", "from 1 to"),
        ("http://node1:80", "one of local:N"), ("slurm:", "one of local:N"), ("slurm:gone.sh", "no file gone.sh"),
        ("tls://node1", "a host and a port"), ("tcp://:8786", "a host and a port"), ("tcp://h:port", "a host and"),
        ("tcp://node1:8786", "would not be encrypted"), ("tcp://0.0.0.0:8786", "would not be encrypted"),
        ("tcp://127.0.0.1.evil.org:8786", "would not be encrypted"), ("tcp://localhost@evil.org:1", "not be encrypted"),
        ("tls://node1:8786,certificates=gone", "gone lacks ca.pem"), ("local:2,certificates=x", "no effect with local"),
        ("local:2,patience=never", "above 0"), ("local:2,threads=0", "threads= takes"), ("local:2,speed=9", "local:"),
    ],
)  # fmt: skip
def test_refused(said: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse_place(said)
