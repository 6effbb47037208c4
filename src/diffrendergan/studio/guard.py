"""Who may use the studio: pages of this machine alone, and from elsewhere whoever has the token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = Mapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]
LOCAL = ("127.0.0.1", "localhost", "::1")
COOKIE = "diffrendergan-studio"


@dataclass(frozen=True)
class Guard:
    """Stands before all routes, web sockets and uploads as well (ASGI).

    Without a token only names of this machine are answered, so that a page elsewhere whose name is made to lead here
    is not; and no request that another page has sent.

    Attributes
    ----------
    app : callable
        What lies behind.
    token : str
        What the address has to hold; empty if the studio is bound to this machine alone.
    """

    app: App
    token: str = ""

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer, or let through."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if refusal := self._refusal(scope, headers):
            await _refuse(scope, send, refusal)
        elif self.token and scope["type"] == "http" and _asked(scope):
            await _remember(scope, send, self.token)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Say why a request is refused; empty if it is not."""
        host = headers.get("host", "")
        if not self.token and urlsplit(f"//{host}").hostname not in LOCAL:
            return "The studio answers only under the address that it shows in the terminal."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "The studio does not answer other pages."
        if self.token and not any(hmac.compare_digest(given, self.token) for given in (_asked(scope), _kept(headers))):
            return "Open the whole address that the studio shows in the terminal: it holds a token."
        return ""


def _asked(scope: Scope) -> str:
    """Return the token of an address."""
    return next(iter(parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", ())), "")


def _kept(headers: Mapping[str, str]) -> str:
    """Return the token that the browser kept."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if cookie is None else cookie.value


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await _answer(send, 403, [(b"content-type", b"text/plain; charset=utf-8")], why.encode())


async def _remember(scope: Scope, send: Send, token: str) -> None:
    """Let the browser keep the token, and show the page without it in the address."""
    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
    headers = [(b"location", str(scope["path"]).encode("latin-1", "replace")), (b"set-cookie", cookie.encode())]
    await _answer(send, 303, headers, b"")


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
