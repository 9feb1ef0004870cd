"""Listen addresses are spelled as other exporters spell them."""

from __future__ import annotations

import pytest

from spec.addresses import collide, is_loopback, parse_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (":9477", ("", 9477)),
        ("127.0.0.1:9477", ("127.0.0.1", 9477)),
        ("[::1]:9477", ("::1", 9477)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_addresses_are_spelled_as_exporters_do(address: str, expected: tuple[str, int]) -> None:
    assert parse_address(address) == expected


@pytest.mark.parametrize(
    "address", ["9477", "", "a:", "a:b", ":70000", "::1:9477", ":-1", ":\u0663"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no listen address; write"):
        parse_address(address)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *[(host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")],
        ("::ffff:127.0.0.1", True),
        *[(host, False) for host in ("", "0.0.0.0", "::", "10.0.0.1", "host", "localhost.evil")],  # noqa: S104 - told apart
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, *, local: bool) -> None:
    assert is_loopback(host) == local


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1:1", "127.0.0.1:1", True),
        ("127.0.0.1:1", "127.0.0.2:1", False),
        ("127.0.0.1:1", ":1", True),
        ("127.0.0.1:1", ":2", False),
        (":0", ":0", False),
    ],
)
def test_listeners_of_one_port_collide(one: str, other: str, *, same: bool) -> None:
    assert collide(parse_address(one), parse_address(other)) == same
