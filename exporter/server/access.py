"""Who may ask: a password, a bearer token, and no web page of somebody else's."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
from collections import OrderedDict
from http import HTTPStatus
from typing import TYPE_CHECKING

import bcrypt

from exporter.server.messages import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.server.messages import Request

_REMEMBERED = 100
# Checked for names that nobody has, so that the time does not tell that.
_NOBODY = b"$2b$10$p8wzrjjKo1W.g2GYA09Pwukv9kZOAiE2Ai.eeBcWb8rCqzJNWnqHC"


class Access:
    """Lets requests in. With neither users nor a token, everybody.

    `users` are names and bcrypt hashes, `token` is a bearer token; one of them is enough.
    """

    def __init__(self, users: Mapping[str, bytes], token: bytes | None = None) -> None:
        self._users, self._token = users, token
        self._salt = secrets.token_bytes(16)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def proven(self, request: Request) -> bool:
        """Tell whether a client has proven who it is; raise Refusal if it had to."""
        if request.method not in {"GET", "HEAD"} and "Origin" in request.headers:
            # A page in a browser on this machine reaches the loopback address too.
            raise refuse(HTTPStatus.FORBIDDEN, "Web pages may not send anything here.")
        if not self._users and self._token is None:
            return request.certified
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        match scheme.lower():
            case "bearer" if self._token is not None:
                right = hmac.compare_digest(given.strip().encode(), self._token)
            case "basic" if self._users:
                right = self._password(given.strip())
            case _:
                right = False
        if not right:
            raise refuse(HTTPStatus.UNAUTHORIZED, "Who are you?", *self._challenges())
        return True

    def _challenges(self) -> list[tuple[str, str]]:
        schemes = [("Bearer", self._token is not None), ("Basic", bool(self._users))]
        return [("WWW-Authenticate", f'{name} realm="agentgauge"') for name, on in schemes if on]

    def _password(self, given: str) -> bool:
        """Check a name and a password, as basic authentication sends them."""
        try:
            name, colon, password = base64.b64decode(given, validate=True).partition(b":")
            user = name.decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        if not colon:
            return False
        hashed = self._users.get(user, _NOBODY)
        # A check takes as long as a scrape of thousands of series; a right one is known again.
        proof = hmac.digest(self._salt, b"\0".join((name, hashed, password)), "sha256")
        if proof in self._right:
            return True
        with self._one_at_a_time:  # Guessing must not take all the processor's time.
            right = _matches(password, hashed) and user in self._users
            if right:
                self._right[proof] = None
                if len(self._right) > _REMEMBERED:
                    self._right.popitem(last=False)
        return right


def _matches(password: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(password, hashed)
    except ValueError:  # longer than bcrypt reads, or with a NUL
        return False
