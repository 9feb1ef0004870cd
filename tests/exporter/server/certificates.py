"""Certificates for tests, made by openssl: an authority, a server's, clients'."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority in a folder: signs what it is asked to."""

    folder: Path
    name: str = "authority"

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.crt"

    def create(self) -> Authority:
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", f"/CN={self.name}", "-keyout", self.folder / f"{self.name}.key",
            "-out", self.certificate,
        )  # fmt: skip
        return self

    def sign(self, name: str, alternative: str) -> tuple[Path, Path]:
        """Make a certificate and its key."""
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request,
        )  # fmt: skip
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\n")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey",
            self.folder / f"{self.name}.key", "-CAcreateserial", "-days", "30",
            "-extfile", extensions, "-out", certificate,
        )  # fmt: skip
        return certificate, key

    def trusting(self, client: str = "") -> ssl.SSLContext:
        """Make a client's context, with a client's certificate if one is named."""
        context = ssl.create_default_context(cafile=self.certificate)
        if client:
            context.load_cert_chain(self.folder / f"{client}.crt", self.folder / f"{client}.key")
        return context


def openssl(*arguments: str | Path) -> None:
    try:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.fail("openssl is missing: apt-get install -y openssl")
