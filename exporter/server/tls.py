"""TLS: what a server shows and asks for, read anew when its files change."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_Stamp: TypeAlias = "tuple[tuple[int, int, int], ...]"


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections are encrypted.

    `clients` says whether they need a certificate that `authority` signed; `names`: it must be
    for one of these, unless there are none. `ciphers` are OpenSSL's names, for TLS 1.2.
    """

    certificate: Path
    key: Path
    clients: ssl.VerifyMode = ssl.CERT_NONE
    authority: Path | None = None
    names: frozenset[str] = frozenset()
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ciphers: tuple[str, ...] = ()
    own_order: bool = True

    @property
    def requires_certificates(self) -> bool:
        """Whether every client needs a certificate."""
        return self.clients is ssl.CERT_REQUIRED


def make_context(tls: Tls) -> ssl.SSLContext:
    """Load the files. Raises OSError, of which SSLError is one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = tls.least, tls.most
    context.set_alpn_protocols(["http/1.1"])
    if tls.own_order:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.ciphers:
        context.set_ciphers(":".join(tls.ciphers))
    # Without a password OpenSSL would ask for one on the terminal.
    context.load_cert_chain(tls.certificate, tls.key, password="")
    context.verify_mode = tls.clients
    if tls.authority:
        context.load_verify_locations(tls.authority)
    return context


class Certificates:
    """Wraps connections; looks at the files for each, and loads them when they have changed.

    While new files can't be used, the old ones are. Raises OSError at the start.
    """

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._stamp = _stamp(tls)
        self._context = make_context(tls)

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """Wrap a connection. The handshake is left to whoever reads it first."""
        self._renew()
        return self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )

    def admits(self, connection: ssl.SSLSocket) -> bool:
        """Tell whether the client's certificate is for a name that is let in."""
        return not self._tls.names or bool(self._tls.names & _names(connection))

    def _renew(self) -> None:
        try:
            stamp = _stamp(self._tls)
        except OSError:  # They are being replaced.
            return
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._context = make_context(self._tls)
        except OSError as error:
            reason = getattr(error, "reason", None) or error.strerror
            _LOG.warning("new certificates can't be used", extra={"fields": {"reason": reason}})
        else:
            _LOG.info("new certificates are used")


def has_certificate(connection: object) -> bool:
    """Tell whether a client has shown a certificate that is right."""
    return isinstance(connection, ssl.SSLSocket) and bool(connection.getpeercert())


def hang_up(connection: socket.socket, how: int) -> None:
    """Shut a connection down, from any thread.

    SSLSocket's own shutdown first forgets that it was encrypted, so that a thread that is sending
    on it might send plain text.
    """
    with contextlib.suppress(OSError):  # It is closed already.
        socket.socket.shutdown(connection, how)


def _stamp(tls: Tls) -> _Stamp:
    files = [path.stat() for path in (tls.certificate, tls.key, tls.authority) if path]
    return tuple((file.st_ino, file.st_mtime_ns, file.st_size) for file in files)


def _names(connection: ssl.SSLSocket) -> set[str]:
    certificate = connection.getpeercert() or {}
    return {str(pair[1]) for pair in certificate.get("subjectAltName", ())}
