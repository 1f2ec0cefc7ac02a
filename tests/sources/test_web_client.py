"""Requests are paced, waited for and tried again, and say what went wrong."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from replaying_server import Fault, ReplayingServer, Served, no_sleep

from talentflow.core.errors import InputError
from talentflow.sources.web_client import (
    get_bytes,
    get_json,
    hide_secrets,
    parse_retry_after,
)


def test_a_json_answer_is_decoded(server: ReplayingServer) -> None:
    url = server.serve("/works", lambda query: b'{"cursor": "%s"}' % query["cursor"].encode())
    assert get_json(url, {"cursor": "a|b *"}) == {"cursor": "a|b *"}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, headers={"Retry-After": "2"}),
        Fault(status=503),
        Fault(cut_after=4),
        Fault(cut_after=4, no_length=True),
        Fault(status=403, headers={"Retry-After": "0"}),
    ],
)
def test_a_passing_failure_passes(server: ReplayingServer, fault: Fault) -> None:
    url = server.serve("/works", b'{"meta": {"count": 3}}')
    server.fail("/works", fault)
    client, waits = no_sleep()
    assert get_json(url, client=client) == {"meta": {"count": 3}}
    assert len(waits) == 1


def test_a_server_that_is_not_there_is_named() -> None:
    client, waits = no_sleep(attempts=3)
    with pytest.raises(InputError, match="connection failed"):
        get_json("http://127.0.0.1:9/works", client=client)
    assert len(waits) == 2


def test_a_refusal_is_told_with_its_message(server: ReplayingServer) -> None:
    server.fail("/works", Fault(status=401))
    with pytest.raises(InputError, match="401") as caught:
        get_json(server.url + "/works", {"api_key": "secret", "filter": "a:b"})
    assert "secret" not in str(caught.value)
    assert "give the key" in str(caught.value)


def test_requests_are_paced() -> None:
    now = [0.0]
    client, waits = no_sleep(requests_per_s=4, clock=lambda: now[0])
    for _ in range(3):
        client.call("http://x/", lambda: None)
    assert waits == [0.25, 0.25]
    now[0] = 10
    client.call("http://x/", lambda: None)
    assert len(waits) == 2


def test_credentials_do_not_follow_to_another_host(server: ReplayingServer) -> None:
    with ReplayingServer() as other:
        # Another port is another host here.
        target = other.serve("/f", b"{}").replace("127.0.0.1", "localhost")
        server.serve("/f", Served(b"{}"))
        server.fail("/f", Fault(status=302, headers={"Location": target}))
        client, _ = no_sleep(headers={"Authorization": "Bearer secret"})
        get_json(server.url + "/f", client=client)
        assert server.requests[0].headers["Authorization"] == "Bearer secret"
        assert "Authorization" not in other.requests[0].headers


@pytest.mark.parametrize("url", ["file:///etc/hosts", "ftp://x/y", "x/y"])
def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(InputError, match="not an address"):
        get_bytes(url)


def test_a_redirect_to_a_file_is_refused(server: ReplayingServer) -> None:
    server.serve("/f", b"")
    server.fail("/f", Fault(status=302, headers={"Location": "file:///etc/hosts"}))
    client, _ = no_sleep()
    with pytest.raises(InputError):
        get_bytes(server.url + "/f", client=client)


def test_secrets_are_hidden() -> None:
    shown = hide_secrets("https://user:pw@x.org/a?api_key=1&filter=b:c|d&mailto=e@f")
    assert shown == "https://x.org/a?api_key=***&filter=b:c|d&mailto=***"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("12", 12.0),
        (" 3 ", 3.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-4", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, expected: float | None) -> None:
    assert parse_retry_after(text, datetime(2026, 1, 1, tzinfo=UTC)) == expected
