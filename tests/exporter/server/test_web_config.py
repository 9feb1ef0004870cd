"""A web configuration of another exporter is read as it reads it, or refused with every reason."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from exporter.server.tls import Tls
from exporter.server.web_config import WebConfig, load_web_config
from spec.problems import Mark, SpecError
from tests.docs.pages import read
from tests.exporter.server.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path

HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
WHOLE = f"""\
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
  client_allowed_sans: [agents.example]
  min_version: TLS12
  max_version: TLS13
  cipher_suites:
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    - TLS_AES_128_GCM_SHA256
  prefer_server_cipher_suites: false
http_server_config:
  http2: true
  headers: {{X-Frame-Options: deny}}
basic_auth_users: {{ann: "{HASH}"}}
"""
WRONG = """\
tls_server_config:
  cert_file: server.crt
  cert: text
  key: text
  client_auth_type: RequireAnyClientCert
  client_allowed_sans: agents.example
  min_version: TLS10
  max_version: TLS14
  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA, 5]
  prefer_server_cipher_suites: "yes"
  curve_preferences: [X25519]
  ciphers: []
http_server_config:
  http2: 1
  headers: {X-Frame-Option: deny, X-XSS-Protection: "a\\nb"}
basic_auth_users: {ann: secret, "a:b": 5}
rate_limit: {burst: 20}
basic_auth: {}
"""
SAID = """\
web.yml:3:3: tls_server_config.cert: is not read from here; put it into a file, and name that in cert_file
web.yml:4:3: tls_server_config.key: is not read from here; put it into a file, and name that in key_file
web.yml:5:21: tls_server_config.client_auth_type: "RequireAnyClientCert" is not done here; it proves nothing; use RequireAndVerifyClientCert
web.yml:6:24: tls_server_config.client_allowed_sans: must be a list
web.yml:6:24: tls_server_config.client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert
web.yml:7:16: tls_server_config.min_version: "TLS10" is not done here; TLS 1.0 and 1.1 are broken; the least is TLS12
web.yml:8:16: tls_server_config.max_version: "TLS14" is not one of TLS12, TLS13; did you mean 'TLS13'?
web.yml:9:19: tls_server_config.cipher_suites.0: "TLS_RSA_WITH_RC4_128_SHA" is not a cipher suite; did you mean 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'?
web.yml:9:45: tls_server_config.cipher_suites.1: "5" is not a cipher suite
web.yml:9:45: tls_server_config.cipher_suites.1: must be a text
web.yml:10:32: tls_server_config.prefer_server_cipher_suites: must be true or false
web.yml:11:3: tls_server_config.curve_preferences: can't be chosen; leave it out: the server's library chooses well
web.yml:12:3: tls_server_config.ciphers: is not known here; did you mean 'cipher_suites'?
web.yml:14:10: http_server_config.http2: must be true or false
web.yml:15:13: http_server_config.headers.X-Frame-Option: is not known here; did you mean 'X-Frame-Options'?
web.yml:15:53: http_server_config.headers.X-XSS-Protection: holds what no header may
web.yml:16:25: basic_auth_users.ann: is no bcrypt hash; make one with: htpasswd -nBC 10 ""
web.yml:16:33: basic_auth_users.a:b: holds a colon, which ends a user's name
web.yml:16:40: basic_auth_users.a:b: is no bcrypt hash; make one with: htpasswd -nBC 10 ""
web.yml:17:13: rate_limit: is not done here; put a proxy in front of the exporter
web.yml:18:1: basic_auth: is not known here; did you mean 'basic_auth_users'?
"""  # noqa: E501 (as they are printed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    authority = Authority(tmp_path_factory.mktemp("web")).create()
    authority.sign("server", "DNS:localhost")
    authority.sign("other", "DNS:localhost")
    return authority.folder


def load(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> WebConfig:
    from pathlib import Path  # noqa: PLC0415 - only at run time

    (folder / "web.yml").write_text(text)
    monkeypatch.chdir(folder)
    return load_web_config(Path("web.yml"))


def said(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    with pytest.raises(SpecError) as error:
        load(folder, text, monkeypatch)
    return f"{error.value}\n"


def test_everything_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(folder, WHOLE, monkeypatch)
    assert config == WebConfig(
        Tls(
            certificate=config.tls.certificate if config.tls else folder,
            key=config.tls.key if config.tls else folder,
            clients=ssl.CERT_REQUIRED,
            authority=config.tls.authority if config.tls else folder,
            names=frozenset({"agents.example"}),
            ciphers=("ECDHE-RSA-AES128-GCM-SHA256",),
            own_order=False,
        ),
        {"ann": HASH.encode()},
        (("X-Frame-Options", "deny"),),
        Mark("web.yml"),
    )
    assert config.authenticates


def test_a_file_that_asks_for_nothing_is_plain_http(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("{}", "tls_server_config:\nhttp_server_config: {http2: false}\n"):
        config = load(folder, text, monkeypatch)
        assert (config.tls, dict(config.users), config.headers) == (None, {}, ())
        assert not config.authenticates


def test_every_problem_is_told_with_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(folder, WRONG, monkeypatch) == SAID


def tls(**keys: str) -> str:
    """Write the section of TLS with some keys changed or added."""
    whole = {"cert_file": "server.crt", "key_file": "server.key", **keys}
    return "".join(["tls_server_config:\n", *(f"  {key}: {of}\n" for key, of in whole.items())])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            tls(cert_file="no.crt"),
            "web.yml:2:14: tls_server_config.cert_file: can't be read: no such",
        ),
        (tls(key_file="other.key"), "web.yml:2:3: tls_server_config: certificate, key and author"),
        (tls(cert_file="server.key"), "they must be PEM, the key without a password\n"),
        (tls(client_auth_type="RequireAndVerifyClientCert"), 'needs "client_ca_file"; who signs'),
        (
            tls(client_ca_file="authority.crt"),
            "client_ca_file: is not used without client_auth_type",
        ),
        ("tls_server_config: {}", 'lacks "cert_file"\n'),
        ("tls_server_config: [1]", "web.yml:1:20: tls_server_config: must be a mapping\n"),
        ("basic_auth_users: ann", "must be a mapping of names to bcrypt hashes\n"),
        ("a: [", "web.yml:2:1: is not valid YAML"),
    ],
)
def test_what_can_not_be_used_is_said_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    assert message in said(folder, text, monkeypatch)


def test_the_one_in_the_documentation_is_right(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fences = read("docs/operations.md").fences
    text = next(fence.text for fence in fences if fence.given.get("file") == "web.yml")
    config = load(folder, text, monkeypatch)
    assert config.authenticates
    assert list(config.users) == ["prometheus"]


def test_a_password_that_stands_there_plainly_is_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "hunter2" not in said(folder, "basic_auth_users: {ann: hunter2}", monkeypatch)
