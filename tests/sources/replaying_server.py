"""What do other people's servers do wrong, replayed on this machine?

`ReplayingServer` serves bytes and answers of functions on 127.0.0.1, knows ranges and ETags, and
commits the faults it is told to, one for each request of a path. `no_sleep` makes a client whose
waits are noted instead of slept. The fixture `server` is in `conftest.py`.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from talentflow.sources.web_client import Client


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one answer.

    `status`: answer with it and `headers` instead; `cut_after`: close the connection after so
    many bytes of the body; `slow_s`: wait so long in the middle of the body; `ignores_range`:
    send the whole; `damage`: send other bytes of the same length; `no_length`: leave out how
    long the body is.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    slow_s: float = 0.0
    ignores_range: bool = False
    damage: bool = False
    no_length: bool = False


@dataclass
class Served:
    """One file: its bytes and its ETag (null: none)."""

    body: bytes
    etag: str | None = '"v1"'
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One request that came in. `query` holds the first value of each parameter."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


Answer = Served | Callable[[dict[str, str]], bytes | Served]


class ReplayingServer:
    """A server on this machine; a context manager."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._answers: dict[str, Answer] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        replayer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                replayer.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> ReplayingServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def serve(self, path: str, answer: bytes | Answer) -> str:
        """Answer requests of `path` so; returns the whole address. A function is given the
        query and returns what to serve."""
        self._answers[path] = Served(answer) if isinstance(answer, bytes) else answer
        return self.url + path

    def fail(self, path: str, *faults: Fault) -> None:
        """The next requests of `path` go wrong in these ways, one each, in this order."""
        self._faults[path].extend(faults)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests.append(Request(parts.path, query, dict(handler.headers.items())))
        faults = self._faults[parts.path]
        fault = faults.popleft() if faults else Fault()
        answer = self._answers.get(parts.path)
        if fault.status is not None or answer is None:
            _send(handler, fault.status or 404, fault.headers, b"no")
            return
        if callable(answer):
            found = answer(query)
            answer = Served(found, etag=None) if isinstance(found, bytes) else found
        _send_file(handler, answer, fault)


def no_sleep(**given: Any) -> tuple[Client, list[float]]:
    """A client that does not sleep, and the list in which it notes how long it would have."""
    waits: list[float] = []
    return Client(sleep=waits.append, random=random.Random(1), **given), waits


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is part of the play."""


def _send_file(handler: BaseHTTPRequestHandler, served: Served, fault: Fault) -> None:
    body = bytes(b ^ 1 for b in served.body) if fault.damage else served.body
    headers = dict(served.headers)
    if served.etag is not None:
        headers["ETag"] = served.etag
    wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    same = handler.headers.get("If-Range") in (
        None,
        served.etag,
        served.headers.get("Last-Modified"),
    )
    status = 200
    if wanted and same and not fault.ignores_range:
        start = int(wanted[1])
        if start >= len(body):
            headers["Content-Range"] = f"bytes */{len(body)}"
            _send(handler, 416, headers, b"")
            return
        status = 206
        headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        body = body[start:]
    _send(handler, status, headers, body, fault)


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    body: bytes,
    fault: Fault | None = None,
) -> None:
    fault = fault or Fault()
    handler.send_response(status)
    if fault.no_length:
        handler.close_connection = True
    else:
        handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    middle = len(body) // 2
    if fault.cut_after is not None:
        handler.wfile.write(body[: fault.cut_after])
        handler.close_connection = True
        return
    if fault.slow_s:
        handler.wfile.write(body[:middle])
        handler.wfile.flush()
        time.sleep(fault.slow_s)
        body = body[middle:]
    handler.wfile.write(body)
