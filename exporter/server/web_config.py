"""`--web.config.file`: TLS, passwords and headers, in the format of the Prometheus exporters."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from exporter.server.ciphers import CIPHERS
from exporter.server.tls import Tls, make_context
from spec.problems import Mark, Problem, SpecError, nearest
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec.node import Node

HEADERS = (
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
)
"""Headers that may be added to every answer."""

_SECTIONS = ("tls_server_config", "http_server_config", "basic_auth_users", "rate_limit")
_TLS = (
    "cert_file", "key_file", "client_auth_type", "client_ca_file", "client_allowed_sans",
    "min_version", "max_version", "cipher_suites", "prefer_server_cipher_suites",
    "curve_preferences", "cert", "key", "client_ca",
)  # fmt: skip
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENTS = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_TEN = "TLS 1.0 and 1.1 are broken; the least is TLS12"
_ANYBODY = "it proves nothing; use RequireAndVerifyClientCert"
# What other exporters take, and why it is refused.
_WEAK = {
    "TLS10": _TEN, "TLS11": _TEN, "RequestClientCert": _ANYBODY,
    "RequireAnyClientCert": _ANYBODY, "RequireClientCert": _ANYBODY,
}  # fmt: skip
_BCRYPT = re.compile(r"\$2[abxy]?\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")

_T = TypeVar("_T")
_NOWHERE = Mark("")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How a server is reached. `users` are names and bcrypt hashes, `mark` is the file."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    headers: tuple[tuple[str, str], ...] = ()
    mark: Mark = _NOWHERE

    @property
    def authenticates(self) -> bool:
        """Whether every client has to prove who it is."""
        return bool(self.users) or (self.tls is not None and self.tls.requires_certificates)


PLAIN = WebConfig()
"""Plain HTTP for everybody."""


def load_web_config(path: Path) -> WebConfig:
    """Read a web configuration file; paths in it are looked up beside it.

    Raises:
        SpecError: it can't be used; `problems` holds every reason, with its place.
    """
    root, problems = read_tree(path)
    reader = _Reader(path.parent, list(problems))
    reader.known(root, _SECTIONS)
    if limit := root.get("rate_limit"):
        reader.wrong(limit, "is not done here", "put a proxy in front of the exporter")
    config = WebConfig(
        reader.tls(root.get("tls_server_config")),
        reader.users(root.get("basic_auth_users")),
        reader.http(root.get("http_server_config")),
        Mark(str(path)),
    )
    if not reader.problems and config.tls:
        reader.try_out(config.tls, root.at(("tls_server_config",)))
    if reader.problems:
        raise SpecError(reader.problems)
    return config


@dataclass(slots=True)
class _Reader:
    """Reads the sections; notes what is wrong."""

    folder: Path
    problems: list[Problem]

    def wrong(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(node.problem(message, hint))

    def known(self, node: Node, keys: tuple[str, ...]) -> None:
        """Note keys that are not known, and a value that is no mapping."""
        if not isinstance(node.value, dict):
            self.wrong(node, "must be a mapping")
        for key in node.keys:
            if key not in keys:
                problem = node.key_problem(key, "is not known here", nearest(key, keys))
                self.problems.append(problem)

    def tls(self, node: Node | None) -> Tls | None:
        """Read how connections are encrypted."""
        if node is None:
            return None
        self.known(node, _TLS)
        self._not_done(node)
        for key in ("cert_file", "key_file"):
            if node.get(key) is None and node.get(key.removesuffix("_file")) is None:
                self.wrong(node, f'lacks "{key}"')
        clients = self._choice(node, "client_auth_type", _CLIENTS, ssl.CERT_NONE)
        authority = self._file(node, "client_ca_file")
        self._fits(node, clients, authority)
        return Tls(
            certificate=self._file(node, "cert_file") or Path(),
            key=self._file(node, "key_file") or Path(),
            clients=clients,
            authority=authority,
            names=frozenset(self._texts(node, "client_allowed_sans")),
            least=self._choice(node, "min_version", _VERSIONS, ssl.TLSVersion.TLSv1_2),
            most=self._choice(node, "max_version", _VERSIONS, ssl.TLSVersion.TLSv1_3),
            ciphers=self._ciphers(node),
            own_order=self._flag(node, "prefer_server_cipher_suites"),
        )

    def users(self, node: Node | None) -> Mapping[str, bytes]:
        """Read names and hashed passwords."""
        users: dict[str, bytes] = {}
        if node and not isinstance(node.value, dict):
            self.wrong(node, "must be a mapping of names to bcrypt hashes")
        for name, value in node.items() if node else ():
            text = value.value if isinstance(value.value, str) else ""
            if not _BCRYPT.fullmatch(text):  # The value may be a password: it is not shown.
                self.wrong(value, "is no bcrypt hash", 'make one with: htpasswd -nBC 10 ""')
            if ":" in name and node:
                problem = node.key_problem(name, "holds a colon, which ends a user's name")
                self.problems.append(problem)
            users[name] = text.encode()
        return MappingProxyType(users)

    def http(self, node: Node | None) -> tuple[tuple[str, str], ...]:
        """Read the headers. HTTP/2 is never spoken, as clients are told in the handshake."""
        if node is None:
            return ()
        self.known(node, ("http2", "headers"))
        self._flag(node, "http2")
        headers = node.get("headers")
        if headers is None:
            return ()
        self.known(headers, HEADERS)
        pairs = [(name, value.text() or "") for name, value in headers.items()]
        for name, text in pairs:
            if not text.isascii() or not text.isprintable():
                self.wrong(headers.at((name,)), "holds what no header may")
        return tuple((name, text) for name, text in pairs if text)

    def try_out(self, tls: Tls, node: Node) -> None:
        """Load the certificates once, so that what is wrong with them stops the start."""
        for key, path in (
            ("cert_file", tls.certificate),
            ("key_file", tls.key),
            ("client_ca_file", tls.authority),
        ):
            try:
                if path:
                    path.read_bytes()
            except OSError as error:
                self.wrong(node.at((key,)), f"can't be read: {(error.strerror or '').lower()}")
        if not self.problems:
            try:
                make_context(tls)
            except ssl.SSLError as error:
                message = f"certificate, key and authorities can't be used: {error.reason or error}"
                self.wrong(node, message, "they must be PEM, the key without a password")

    def _not_done(self, node: Node) -> None:
        for key in ("cert", "key", "client_ca"):
            if node.has(key):
                hint = f"put it into a file, and name that in {key}_file"
                self.problems.append(node.key_problem(key, "is not read from here", hint))
        if node.has("curve_preferences"):
            hint = "leave it out: the server's library chooses well"
            self.problems.append(node.key_problem("curve_preferences", "can't be chosen", hint))

    def _fits(self, node: Node, clients: ssl.VerifyMode, authority: Path | None) -> None:
        """Note where what is asked of clients does not fit together."""
        place = node.at(("client_auth_type",))
        if clients != ssl.CERT_NONE and not authority and not node.has("client_ca"):
            self.wrong(place, 'needs "client_ca_file"', "who signs the clients' certificates?")
        if clients == ssl.CERT_NONE and authority and not self._told(place):
            self.wrong(node.at(("client_ca_file",)), "is not used without client_auth_type")
        if clients != ssl.CERT_REQUIRED and node.has("client_allowed_sans"):
            message = "needs client_auth_type: RequireAndVerifyClientCert"
            self.wrong(node.at(("client_allowed_sans",)), message)

    def _told(self, node: Node) -> bool:
        return any(problem.mark == node.mark for problem in self.problems)

    def _choice(self, node: Node, key: str, known: Mapping[str, _T], default: _T) -> _T:
        """Read one of a few words."""
        value = node.get(key)
        if value is None or value.value == "":
            return default
        word = value.text() or ""
        if word in _WEAK:
            self.wrong(value, f'"{word}" is not done here', _WEAK[word])
        elif word not in known:
            hint = nearest(word, known)
            self.wrong(value, f'"{word}" is not one of {", ".join(known)}', hint)
        return known.get(word, default)

    def _flag(self, node: Node, key: str) -> bool:
        """Read true or false; true unless it says otherwise."""
        value = node.get(key)
        if value and not isinstance(value.value, bool):
            self.wrong(value, "must be true or false")
        return not value or value.value is not False

    def _texts(self, node: Node, key: str) -> list[str]:
        """Read a list of texts."""
        value = node.get(key)
        if value and not isinstance(value.value, list):
            self.wrong(value, "must be a list")
        elements = value.elements() if value else []
        for element in elements:
            if not isinstance(element.value, str):
                self.wrong(element, "must be a text")
        return [text for element in elements if (text := element.text())]

    def _file(self, node: Node, key: str) -> Path | None:
        value = node.get(key)
        if value and not isinstance(value.value, str):
            self.wrong(value, "must be a path")
        text = value.text() if value else None
        return self.folder / text if text else None

    def _ciphers(self, node: Node) -> tuple[str, ...]:
        """Read cipher suites, by the names that Go and IANA have for them."""
        names = self._texts(node, "cipher_suites")
        value = node.get("cipher_suites")
        for element in value.elements() if value else []:
            name = element.text()
            if name and name not in CIPHERS:
                self.wrong(element, f'"{name}" is not a cipher suite', nearest(name, CIPHERS))
        return tuple(cipher for name in names if (cipher := CIPHERS.get(name)))
