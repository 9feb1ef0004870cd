"""Recordings: named so that one sees what they hold, each once, and read by somebody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.lint.finding import Rule
from generator.lint.syntax import selections
from spec.read_goals import recorded_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding
    from generator.lint.whole import Whole

NAME = Rule("recording-name", "error", "Recordings are named level:metric:operations.")
UNREAD = Rule("recording-unread", "warning", "Somebody reads what is recorded.")
TWICE = Rule("recording-duplicate", "warning", "Nothing is recorded twice.")
RULES = (NAME, UNREAD, TWICE)

_NAME = re.compile(r"[a-zA-Z_]\w*(?::\w+){2,}")


def find(whole: Whole) -> Iterator[Finding]:
    """Look at every recording, but for those that are there for people: scores and goals."""
    for_people = {*whole.spec.families, *recorded_families()}
    read = {one.name for query in whole.queries() if query.tree for one in selections(query.tree)}
    first: dict[object, str] = {}
    for recording, query in whole.recordings:
        name = recording.record
        own = name in for_people
        if not own and not _NAME.fullmatch(name):
            message = f"records {name}, which is not named level:metric:operations"
            yield whole.in_query(NAME, query, message, "", name)
        if not own and name not in read:
            yield whole.in_query(UNREAD, query, f"records {name}, which nobody reads", "", name)
        other = first.setdefault((query.tree or query.text, *recording.labels.items()), name)
        if other != name:
            message = f"records {name}, which holds the same as {other}"
            yield whole.in_query(TWICE, query, message, "keep one of them", name)
