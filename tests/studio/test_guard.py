from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from diffrendergan.studio.guard import COOKIE, Guard

HERE = "127.0.0.1:8080"


def answer(token: str, query: str = "", kind: str = "http", **headers: str) -> tuple[object, Mapping[str, Any]]:
    """Return the status of an answer, or `passed`, and the first message."""
    sent: list[Mapping[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        sent.append({"status": "passed"})

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "path": "/data/tile",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Guard(behind, token)(scope, None, send))
    return sent[0].get("status", sent[0].get("code")), sent[0]


def test_pages_of_this_machine_pass() -> None:
    assert answer("", host=HERE)[0] == "passed"
    assert answer("", host="localhost:8080", origin="http://localhost:8080")[0] == "passed"


@pytest.mark.parametrize("kind, refused", [("http", 403), ("websocket", 1008)])
def test_other_names_and_other_pages_are_refused(kind: str, refused: int) -> None:
    assert answer("", kind=kind, host="evil.example")[0] == refused
    assert answer("", kind=kind, host=HERE, origin="http://evil.example")[0] == refused
    assert answer("secret", kind=kind, host="192.168.0.7:8080", origin="http://evil.example")[0] == refused


@pytest.mark.parametrize("kind, refused", [("http", 403), ("websocket", 1008)])
def test_from_elsewhere_every_route_asks_for_the_token(kind: str, refused: int) -> None:
    assert answer("secret", kind=kind, host="192.168.0.7:8080")[0] == refused
    assert answer("secret", "token=wrong", kind=kind, host="192.168.0.7:8080")[0] == refused
    assert answer("secret", kind=kind, host="192.168.0.7:8080", cookie=f"{COOKIE}=wrong")[0] == refused
    assert answer("secret", kind=kind, host="192.168.0.7:8080", cookie=f"{COOKIE}=secret")[0] == "passed"


def test_the_token_of_the_address_is_kept_by_the_browser() -> None:
    status, message = answer("secret", "token=secret", host="192.168.0.7:8080")
    assert status == 303
    headers = dict(message["headers"])
    assert headers[b"location"] == b"/data/tile"
    assert b"HttpOnly" in headers[b"set-cookie"] and b"SameSite=Strict" in headers[b"set-cookie"]
