"""TLS, certificates and passwords let in who should come in, and nobody else."""

from __future__ import annotations

import base64
import http.client
import logging
import os
import shutil
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

import bcrypt
import pytest

from exporter.server.application import Application
from exporter.server.errors import ListenError
from exporter.server.messages import Answer, Request, say
from exporter.server.web_config import WebConfig, load_web_config
from exporter.server.web_server import WebServer
from tests.exporter.server.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHO = Application({
    "/": {"GET": lambda request: say(HTTPStatus.OK, f"{request.certified} {request.proven}")},
    "/-/sent": {"POST": lambda request: Answer(HTTPStatus.OK, request.read(1 << 20))},
})  # fmt: skip
TLS = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
"""
CLIENTS = f"""{TLS}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("certificates")).create()
    authority.sign("server", "DNS:localhost,IP:127.0.0.1")
    authority.sign("client", "DNS:agents.example,IP:192.0.2.1")
    return authority


@pytest.fixture
def serve(authority: Authority) -> Iterator[Callable[..., WebServer]]:
    """Start servers by the text of their web configuration."""
    servers: list[WebServer] = []

    def start(text: str, token: bytes | None = None) -> WebServer:
        path = authority.folder / "web.yml"
        path.write_text(text)
        servers.append(WebServer("127.0.0.1:0", WHO, load_web_config(path), token=token))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def ask(
    server: WebServer, context: ssl.SSLContext | None = None, path: str = "/", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    port = int(server.server_address[1])
    connection = (
        http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
        if context
        else http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    )
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def test_connections_are_encrypted(serve: Callable[..., WebServer], authority: Authority) -> None:
    server = serve(TLS)
    assert server.url.startswith("https://127.0.0.1:")
    assert ask(server, authority.trusting())[2] == b"False False\n"
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(server)


def test_a_large_body_comes_through_tls(
    serve: Callable[..., WebServer], authority: Authority
) -> None:
    port = int(serve(TLS).server_address[1])
    body = os.urandom(900_000)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", port, timeout=20, context=authority.trusting()
    )
    for path, sent, status in (("/-/sent", body, 200), ("/x", body, 404)):
        connection.request("POST", path, sent)
        response = connection.getresponse()
        assert response.status == status
        if status == HTTPStatus.OK:
            assert response.read() == body
    connection.close()


def test_a_client_without_a_right_certificate_is_not_let_in(
    serve: Callable[..., WebServer], authority: Authority
) -> None:
    server = serve(CLIENTS)
    assert ask(server, authority.trusting("client"))[2] == b"True True\n"
    stranger = Authority(authority.folder, "stranger").create()
    stranger.sign("foreign", "DNS:agents.example")
    foreign = authority.trusting("foreign")
    for context in (authority.trusting(), foreign):
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            ask(server, context)


def test_a_certificate_may_be_optional(
    serve: Callable[..., WebServer], authority: Authority
) -> None:
    server = serve(CLIENTS.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven"))
    assert ask(server, authority.trusting())[2] == b"False False\n"
    assert ask(server, authority.trusting("client"))[2] == b"True True\n"


@pytest.mark.parametrize(
    ("name", "let_in"), [("agents.example", True), ("192.0.2.1", True), ("other.example", False)]
)
def test_only_clients_of_certain_names_are_let_in(
    serve: Callable[..., WebServer], authority: Authority, name: str, *, let_in: bool
) -> None:
    server = serve(f"{CLIENTS}  client_allowed_sans: [{name}]\n")
    if let_in:
        assert ask(server, authority.trusting("client"))[0] == HTTPStatus.OK
    else:
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            ask(server, authority.trusting("client"))


@pytest.mark.parametrize(
    ("least", "most", "spoken"),
    [("TLS12", "TLS13", "TLSv1.3"), ("TLS12", "TLS12", "TLSv1.2"), ("TLS13", "TLS13", "TLSv1.3")],
)
def test_the_version_can_be_bounded(
    serve: Callable[..., WebServer], authority: Authority, least: str, most: str, spoken: str
) -> None:
    server = serve(f"{TLS}  min_version: {least}\n  max_version: {most}\n")
    assert handshake(server, authority)[1] == spoken


def test_the_cipher_suites_can_be_chosen(
    serve: Callable[..., WebServer], authority: Authority
) -> None:
    suite = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    server = serve(f"{TLS}  max_version: TLS12\n  cipher_suites: [{suite}]\n")
    assert handshake(server, authority)[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"


def handshake(server: WebServer, authority: Authority) -> tuple[str, str]:
    connection = http.client.HTTPSConnection(
        "127.0.0.1", int(server.server_address[1]), timeout=20, context=authority.trusting()
    )
    connection.connect()
    assert isinstance(connection.sock, ssl.SSLSocket)
    cipher, version = connection.sock.cipher(), connection.sock.version()
    connection.close()
    assert cipher
    assert version
    return cipher[0], version


def test_new_certificates_are_used_once_they_are_there(
    serve: Callable[..., WebServer], authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = serve(TLS)
    newer = Authority(authority.folder, "newer").create()
    newer.sign("next", "IP:127.0.0.1")
    old = authority.folder / "server.crt"
    saved = old.read_bytes(), (authority.folder / "server.key").read_bytes()
    old.write_text("half a certif")
    assert ask(server, authority.trusting())[0] == HTTPStatus.OK
    assert "new certificates can't be used" in caplog.text
    shutil.copy(authority.folder / "next.crt", old)
    shutil.copy(authority.folder / "next.key", authority.folder / "server.key")
    assert ask(server, newer.trusting())[0] == HTTPStatus.OK
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(server, authority.trusting())
    old.write_bytes(saved[0])
    (authority.folder / "server.key").write_bytes(saved[1])


def test_certificates_that_went_away_stop_the_start(authority: Authority) -> None:
    path = authority.folder / "web.yml"
    path.write_text(TLS)
    config = load_web_config(path)
    assert config.tls
    gone = WebConfig(type(config.tls)(path / "no", path / "no"), mark=config.mark)
    with pytest.raises(ListenError, match="certificates can't be used"):
        WebServer("127.0.0.1:0", WHO, gone)


# ---- passwords and tokens ------------------------------------------------------------------------


def test_a_password_is_asked_for_and_checked(
    serve: Callable[..., WebServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(f"basic_auth_users:\n  ann: {hashed('right')}\n  bob: {hashed('other')}\n")
    status, headers, body = ask(server)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="agentgauge"')
    assert body == b"Who are you?\n"
    wrong = [
        basic("ann", "wrong"), basic("ann", "other"), basic("eve", "right"), basic("", ""),
        basic("ann", "x" * 100), basic("ann", "\0"), "Basic ???", "Basic", "Bearer right",
        "Basic " + base64.b64encode(b"\xff:right").decode(),
    ]  # fmt: skip
    assert [ask(server, Authorization=one)[0] for one in wrong] == [401] * len(wrong)
    assert ask(server, Authorization=basic("ann", "right"))[::2] == (200, b"False True\n")
    # A right password is known again: no hash is computed a second time.
    monkeypatch.setattr("exporter.server.access.bcrypt.checkpw", lambda *_: False)
    assert ask(server, Authorization=basic("ann", "right"))[0] == HTTPStatus.OK
    assert ask(server, Authorization=basic("bob", "other"))[0] == HTTPStatus.UNAUTHORIZED


def test_nobody_has_the_password_that_is_checked_for_names_that_nobody_has(
    serve: Callable[..., WebServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.server.access._NOBODY", hashed("known").encode())
    server = serve(f"basic_auth_users:\n  ann: {hashed('right')}\n")
    assert ask(server, Authorization=basic("eve", "known"))[0] == HTTPStatus.UNAUTHORIZED


def test_every_path_wants_the_password(serve: Callable[..., WebServer]) -> None:
    server = serve(f"basic_auth_users:\n  ann: {hashed('right')}\n")
    assert [ask(server, path=path)[0] for path in ("/", "/-/sent", "/x")] == [401] * 3


def test_a_token_or_a_password_is_enough(serve: Callable[..., WebServer]) -> None:
    server = serve(f"basic_auth_users:\n  ann: {hashed('right')}\n", b"secret")
    given = ["Bearer secret", "bearer  secret", basic("ann", "right"), "Bearer secre", "Bearer", ""]
    statuses = [ask(server, Authorization=one)[0] for one in given]
    assert statuses == [200, 200, 200, 401, 401, 401]
    challenges = ask(server)[1].get_all("WWW-Authenticate")
    assert challenges == ['Bearer realm="agentgauge"', 'Basic realm="agentgauge"']


def test_headers_are_added_to_every_answer(serve: Callable[..., WebServer]) -> None:
    server = serve(
        "http_server_config:\n  http2: false\n  headers:\n"
        "    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=1\n"
        "    X-Content-Type-Options: nosniff\n    X-XSS-Protection: ''\n"
    )
    for path in ("/", "/x"):
        headers = ask(server, path=path)[1]
        assert headers["X-Frame-Options"] == "deny"
        assert headers["Strict-Transport-Security"] == "max-age=1"
        assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
        assert "X-XSS-Protection" not in headers


def test_a_request_from_elsewhere_is_not_local() -> None:
    def local(peer: str, **headers: str) -> bool:
        message = http.client.HTTPMessage()
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        return Request("POST", "/", "", message, peer, lambda _: b"").local

    assert local("127.0.0.1")
    assert local("::ffff:127.0.0.1")
    assert not local("192.0.2.1")
    assert not local("127.0.0.1", X_Forwarded_For="192.0.2.1")
