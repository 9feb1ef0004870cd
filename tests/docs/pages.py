"""The documentation as data: pages, their fences with what is said of them, their links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]

_OPEN = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<info>.*)$")
_LINK = re.compile(r"(?<!\\)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_SOURCE = re.compile(r'(?:src|srcset|href)="([^"]+)"')
_HEADING = re.compile(r"^#{1,6} +(.+?) *$")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code. `what` is its language and role, such as `yaml spec` or `sh run`.

    `given` are the words of the form key=value after it, such as file=agents.yaml.
    """

    page: str
    line: int
    what: str
    given: dict[str, str]
    text: str

    @property
    def place(self) -> str:
        """Say where it stands, as editors take it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path below the repository, and its text."""

    path: str
    text: str
    fences: tuple[Fence, ...] = field(default=())

    @property
    def prose(self) -> str:
        """The text without its fences."""
        kept, inside = [], False
        for line in self.text.splitlines():
            if _OPEN.match(line):
                inside = not inside
            elif not inside:
                kept.append(line)
        return "\n".join(kept)

    def links(self) -> list[str]:
        """Give what the page links to or shows."""
        return [*_LINK.findall(self.prose), *_SOURCE.findall(self.prose)]

    def anchors(self) -> set[str]:
        """Give the anchors of the page's headings, as GitHub makes them."""
        return {
            anchor(heading[1])
            for line in self.prose.splitlines()
            if (heading := _HEADING.match(line))
        }


def anchor(heading: str) -> str:
    """Make a heading's anchor."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def pages() -> tuple[Page, ...]:
    """Read every page that people read."""
    paths = [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]
    return tuple(read(path.relative_to(ROOT).as_posix()) for path in paths)


def read(path: str) -> Page:
    """Read one page."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return Page(path, text, tuple(_fences(path, text)))


def _fences(path: str, text: str) -> list[Fence]:
    found: list[Fence] = []
    opened: re.Match[str] | None = None
    start = 0
    body: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _OPEN.match(line)
        if opened is None and match:
            opened, start, body = match, number, []
        elif opened is not None and line.strip() == opened["ticks"]:
            words = opened["info"].split()
            given = dict(word.split("=", 1) for word in words if "=" in word)
            what = " ".join(word for word in words if "=" not in word)
            found.append(Fence(path, start, what, given, "".join(f"{one}\n" for one in body)))
            opened = None
        elif opened is not None:
            body.append(line.removeprefix(opened["indent"]))
    if opened is not None:
        raise ValueError(f"{path}:{start}: this fence is never closed")
    return found
