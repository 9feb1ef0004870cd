"""Listen addresses, spelled as the Prometheus exporters do: `:9477`, `[::1]:9477`."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

_PORTS = 0xFFFF


def parse_address(address: str) -> tuple[str, int]:
    """Read a listen address into host and port.

    An empty host means every address of this machine, port 0 a free one.

    Raises:
        ValueError: it is none; the message says what would be one.
    """
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > _PORTS:
        raise ValueError(f"{address!r} is no listen address; write HOST:PORT or :PORT")
    if ":" in host and not bracketed:
        raise ValueError(f"{address!r} is no listen address; write [{host}]:{port}")
    return host[1:-1] if bracketed else host, int(port)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host. A name counts only if it is `localhost`."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def collide(one: tuple[str, int], other: tuple[str, int]) -> bool:
    """Tell whether two listeners would want one port. Port 0 is another one each time."""
    everywhere = {"", "0.0.0.0", "::"}  # noqa: S104 - to be recognised, not listened on
    same_host = one[0] == other[0] or bool(everywhere & {one[0], other[0]})
    return one[1] == other[1] != 0 and same_host
