"""What does every answer carry? Caching by snapshot, and rules that keep a page to itself."""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from talentflow.core.errors import StoreError
from talentflow.serve.live import LiveStore
from talentflow.serve.rendering import rendering_digest

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_SECURITY: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class HeadersMiddleware:
    """Adds security headers and an ETag per snapshot; answers HEAD and conditional requests."""

    def __init__(self, app: ASGIApp, live: LiveStore) -> None:
        self.app = app
        self.live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, see the class."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        tag = await run_in_threadpool(self._make_tag, scope)  # may read a new snapshot
        if tag is not None and tag in _list_tags(scope):
            await _send_unchanged(send, tag)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), message["status"], tag)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, send_on)

    def _make_tag(self, scope: Scope) -> str | None:
        """The tag of everything rendered from the current snapshot by this program."""
        if scope["method"] != "GET" or scope["path"].startswith("/static/"):
            return None
        try:
            return f'W/"{self.live.current().tag}-{rendering_digest()}"'
        except StoreError:
            return None


def _list_tags(scope: Scope) -> list[str]:
    return [tag.strip() for tag in Headers(scope=scope).get("if-none-match", "").split(",")]


def _complete(headers: MutableHeaders, status: int, tag: str | None) -> None:
    for name, value in _SECURITY.items():
        headers.setdefault(name, value)
    if status == 200 and tag is not None:
        headers["ETag"] = tag
        headers.setdefault("Cache-Control", "public, no-cache")
    elif status >= 400:
        headers["Cache-Control"] = "no-store"


async def _send_unchanged(send: Send, tag: str) -> None:
    headers = [(b"etag", tag.encode()), (b"cache-control", b"public, no-cache")]
    headers += [(name.lower().encode(), value.encode()) for name, value in _SECURITY.items()]
    await send({"type": "http.response.start", "status": 304, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
