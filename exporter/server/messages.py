"""What passes between a connection and a page: a request, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from spec.addresses import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from http import HTTPStatus

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. `kind` is the content's type, `headers` are further ones."""

    status: HTTPStatus
    body: bytes = b""
    kind: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):  # noqa: N818 (not an error of the program)
    """A request can't be served; the answer says why."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(answer.body.decode().strip())


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. `peer` is its address.

    `read` gives the body, once, and takes the most bytes that it may have; raises Refusal.
    `certified`: the client has shown a certificate that was asked for and is right. `proven`: by
    that, a password or a token it has proven who it is.
    """

    method: str
    path: str
    query: str
    headers: Message
    peer: str
    read: Callable[[int], bytes]
    certified: bool = False
    proven: bool = False

    @property
    def local(self) -> bool:
        """Whether it was sent on this machine, and not through a proxy that says otherwise."""
        forwarded = {"forwarded", "x-forwarded-for", "x-real-ip"}
        return is_loopback(self.peer) and not any(
            name.lower() in forwarded for name in self.headers
        )


Page: TypeAlias = "Callable[[Request], Answer]"


def say(status: HTTPStatus, sentence: str, *headers: tuple[str, str]) -> Answer:
    """Answer with a sentence."""
    return Answer(status, f"{sentence}\n".encode(), headers=headers)


def refuse(status: HTTPStatus, sentence: str, *headers: tuple[str, str]) -> Refusal:
    """Make a refusal of a sentence."""
    return Refusal(say(status, sentence, *headers))
