"""How does one ask another's server for something, politely and until it answers?

One `Client` paces its requests, waits as long as it is told to (`Retry-After`), tries again after
passing failures with growing, jittered waits, and says clearly when it gives up. Whole files are
fetched by `download.download_file`. Tests replay servers and their faults with
`tests/sources/replaying_server.py`.
"""

from __future__ import annotations

import email.utils
import http.client
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, Final, TypeVar

import msgspec

from talentflow import __version__
from talentflow.core.errors import InputError

Result = TypeVar("Result")
Response = http.client.HTTPResponse | urllib.error.HTTPError

_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed; so may any with `Retry-After`."""

_RANGE_NOT_SATISFIABLE: Final = 416
_SECRETS: Final = frozenset({"api_key", "key", "token", "access_token", "mailto", "email"})
_BODY_LIMIT_BYTES: Final = 256 * 2**20
"""A longer answer is no page of an interface."""


class InterruptedTransferError(Exception):
    """An attempt failed that may succeed later.

    `wait_s` is how long the server asked to wait, null: it did not say; `progressed` says that
    the attempt brought something that stays, so that the count of failures starts anew.
    """

    def __init__(
        self, reason: str, *, wait_s: float | None = None, progressed: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_s = wait_s
        self.progressed = progressed


@dataclass(kw_only=True)
class Client:
    """How to behave towards one server. Keep one for all requests to it: it remembers when it
    last asked. `sleep`, `clock` and `random` are given by tests."""

    headers: Mapping[str, str] = field(default_factory=dict)
    requests_per_s: float | None = None
    timeout_s: float = 60.0
    attempts: int = 6
    first_wait_s: float = 1.0
    longest_backoff_s: float = 60.0
    longest_wait_s: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    random: random.Random = field(default_factory=random.Random)
    _last: float | None = field(default=None, init=False, repr=False)

    def call(self, url: str, attempt: Callable[[], Result]) -> Result:
        """What `attempt` returns, tried again while it raises `InterruptedTransferError`.

        Raises `InputError` after `attempts` failures in a row without progress, or when the
        server asks to wait for longer than `longest_wait_s`.
        """
        failures = 0
        while True:
            self._pace()
            try:
                return attempt()
            except InterruptedTransferError as cut:
                failures = 1 if cut.progressed else failures + 1
                if failures >= self.attempts:
                    raise InputError(
                        f"{cut.reason}, {failures} times in a row",
                        where=hide_secrets(url),
                        next_step="run the same command again later; what has arrived is kept",
                    ) from cut
                self.sleep(self._wait_s(url, failures, cut))

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Response]:
        """The answer to one request: a success, or 416 (no such range).

        Raises `InterruptedTransferError` for what may pass, also while the body is read, and
        `InputError` for what will not.
        """
        _check_scheme(url)
        agent = {"User-Agent": f"talentflow/{__version__}", "Accept-Encoding": "identity"}
        request = urllib.request.Request(url, headers={**agent, **self.headers, **(headers or {})})
        try:
            response = _OPENER.open(request, timeout=self.timeout_s)
        except urllib.error.HTTPError as refused:
            if refused.code != _RANGE_NOT_SATISFIABLE:
                with refused:
                    raise _explain_refusal(url, refused) from refused
            response = refused
        except (OSError, http.client.HTTPException) as error:
            raise _explain_failure(url, error) from error
        with response:
            try:
                yield response
            except (OSError, http.client.HTTPException) as error:
                raise _explain_failure(url, error) from error

    def _pace(self) -> None:
        if self.requests_per_s and self._last is not None:
            early_s = self._last + 1 / self.requests_per_s - self.clock()
            if early_s > 0:
                self.sleep(early_s)
        self._last = self.clock()

    def _wait_s(self, url: str, failures: int, cut: InterruptedTransferError) -> float:
        if cut.wait_s is not None and cut.wait_s > self.longest_wait_s:
            raise InputError(
                f"{cut.reason}; the server asks to wait for {cut.wait_s:,.0f} s",
                expected=f"at most {self.longest_wait_s:,.0f} s",
                where=hide_secrets(url),
                next_step="run the same command again after that time; what has arrived is kept",
            ) from cut
        # Jitter keeps clients that were cut off together from coming back together.
        backoff_s = min(self.first_wait_s * 2 ** (failures - 1), self.longest_backoff_s)
        jittered_s: float = backoff_s * self.random.uniform(0.5, 1.5)
        return max(cut.wait_s or 0.0, jittered_s)


def get_json(
    url: str,
    params: Mapping[str, str] | None = None,
    *,
    client: Client | None = None,
) -> Any:
    """The JSON document at `url` with these query parameters, decoded. Errors as `Client.call`."""
    return msgspec.json.decode(get_bytes(url, params, client=client, check=_check_json))


def get_bytes(
    url: str,
    params: Mapping[str, str] | None = None,
    *,
    client: Client | None = None,
    check: Callable[[bytes], None] | None = None,
) -> bytes:
    """The body at `url`, whole: as long as the server announced and, where there is a `check`,
    accepted by it (it raises `ValueError` for a damaged one). Errors as `Client.call`."""
    client = client or Client()
    full = f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(params)}" if params else url

    def attempt() -> bytes:
        with client.open(full) as response:
            body: bytes = response.read(_BODY_LIMIT_BYTES + 1)
            announced = response.headers.get("Content-Length")
        if len(body) > _BODY_LIMIT_BYTES:
            raise InputError(
                "the answer is larger than any page of an interface",
                expected=f"at most {_BODY_LIMIT_BYTES:,} bytes",
                where=hide_secrets(full),
            )
        if announced is not None and announced.isdigit() and int(announced) != len(body):
            raise InterruptedTransferError(f"{len(body):,} of {announced} bytes arrived")
        if check is not None:
            try:
                check(body)
            except ValueError as error:
                raise InterruptedTransferError(f"a damaged answer: {error}") from error
        return body

    return client.call(full, attempt)


def hide_secrets(url: str) -> str:
    """The address as messages and logs may show it: without keys, tokens and mail addresses."""
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
    shown = [(name, "***" if name.lower() in _SECRETS else value) for name, value in query]
    netloc = parts.netloc.rpartition("@")[2]
    return urllib.parse.urlunsplit(
        parts._replace(netloc=netloc, query=urllib.parse.urlencode(shown, safe="*:|,/"))
    )


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds to wait as a `Retry-After` header says (RFC 9110, 10.2.3); null: nothing usable."""
    if text is None:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    wait_s: float = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return max(0.0, wait_s)


def _check_json(body: bytes) -> None:
    msgspec.json.decode(body, type=msgspec.Raw)


def _check_scheme(url: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise InputError(
            "not an address that can be fetched",
            expected="http:// or https://",
            where=hide_secrets(url),
        )


def _explain_refusal(url: str, refused: urllib.error.HTTPError) -> Exception:
    said = _read_message(refused)
    found = f"the server answered {refused.code} {refused.reason}"
    wait_s = parse_retry_after(refused.headers.get("Retry-After"), datetime.now(UTC))
    if refused.code in _PASSING or wait_s is not None:
        return InterruptedTransferError(found, wait_s=wait_s)
    return InputError(
        f"{found}: {said}" if said else found,
        expected="a success",
        where=hide_secrets(url),
        next_step={
            401: "give the key that the provider asks for",
            403: "give the key that the provider asks for, or ask it for access",
            404: "check the address, or whether the provider has moved the file",
            410: "check whether the provider has moved the file",
        }.get(refused.code, "check the request against the provider's documentation"),
    )


def _read_message(refused: urllib.error.HTTPError) -> str:
    try:
        return " ".join(refused.read(2000).decode("utf-8", "replace").split())[:300]
    except (OSError, http.client.HTTPException):
        return ""


def _explain_failure(url: str, error: Exception) -> Exception:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return InputError(
            f"the server's certificate cannot be verified: {reason.verify_message}",
            where=hide_secrets(url),
            next_step="check the clock and the certificates of this machine",
        )
    return InterruptedTransferError(f"the connection failed ({reason or type(error).__name__})")


class _CarefulRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never takes credentials along to another host."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_scheme(newurl)
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None and new.host != req.host:
            for name in ("Authorization", "Cookie"):
                new.remove_header(name)
        return new


_OPENER: Final = urllib.request.build_opener(_CarefulRedirects)
