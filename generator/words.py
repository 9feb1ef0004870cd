"""What people write below a line in a generated page: it is theirs, and stays."""

from __future__ import annotations

LINE = "<!-- yours -->"
"""What stands below it in a generated page belongs to people."""


def with_room(page: str) -> str:
    """End a page with the line. No text above may hold it: the first one parts the page."""
    return f"{page.replace(LINE, '').rstrip()}\n\n{LINE}\n"


def with_words(page: str, on_disk: str | None) -> str:
    """Give a page as it should be on disk: with people's words, where it has room for them."""
    return f"{page}{words(on_disk)}" if page.endswith(f"{LINE}\n") else page


def words(on_disk: str | None) -> str:
    """Give what people wrote into a page, "" where they wrote nothing."""
    lines = iter((on_disk or "").splitlines(keepends=True))
    for line in lines:
        if line.strip() == LINE:
            return "".join(lines)
    return ""
