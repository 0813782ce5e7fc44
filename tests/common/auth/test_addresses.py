"""Whom a proxy names is believed only as far as the proxies are trusted."""

import pytest
from starlette.requests import Request

from common.auth.addresses import caller_of, networks_of, within

PROXIES = ("10.0.0.0/8", "192.0.2.7")


def request(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    client = (peer, 4711) if peer else None
    return Request({"type": "http", "headers": headers, "client": client})


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("10.1.1.1",), "203.0.113.9"),
        ("10.1.1.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.1.1.1", ("198.51.100.1, 203.0.113.9, 192.0.2.7",), "203.0.113.9"),
        ("10.1.1.1", ("198.51.100.1", "203.0.113.9"), "203.0.113.9"),
        ("10.1.1.1", ("10.2.2.2",), "10.2.2.2"),
        ("10.1.1.1", ("unknown",), "unknown"),
        ("10.1.1.1", (), "10.1.1.1"),
        (None, ("203.0.113.9",), ""),
    ],
)
def test_the_caller_is_the_last_address_that_no_trusted_proxy_holds(peer, forwarded, found):
    assert caller_of(request(peer, *forwarded), PROXIES) == found


def test_what_is_no_address_lies_in_no_network():
    assert not within("unknown", ["0.0.0.0/0"])
    assert not within("10.0.0.1", ["no-network"])
    assert within("2001:db8::1", ["192.0.2.0/24", "2001:db8::/32"])


def test_an_entry_that_is_no_network_opens_nothing_and_blocks_none_of_the_others():
    assert within("203.0.113.9", ["203.0.113.0/33", "203.0.113.0/28"])
    assert not within("198.51.100.1", ["203.0.113.0/33", "203.0.113.0/28"])
    assert not within("203.0.113.9", ["203.0.113.0/33"])


def test_networks_are_kept_as_such_and_a_wrong_one_is_named():
    assert networks_of(["203.0.113.9/24", "192.0.2.7"]) == ["203.0.113.0/24", "192.0.2.7/32"]
    with pytest.raises(ValueError, match=r"--network 203\.0\.113\.0/33"):
        networks_of(["203.0.113.0/24", "203.0.113.0/33"])
