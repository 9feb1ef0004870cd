"""What an edit of the spec means: alerts, routes and panels that change, not lines of files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from generator.difference.change import Change, Section
from generator.difference.dashboards import dashboard_changes
from generator.difference.oncall import oncall_sections
from generator.difference.rules import rule_sections
from generator.output import LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from generator.output import Drift

_RULES = "alerts/rules/"
_ONCALL = "alerts/alertmanager.yml"


def meaning(found: Iterable[Drift]) -> tuple[Section, ...]:
    """Tell what drift means, by sorts of things; sorts in which nothing changed are left out.

    A file that is on disk and cannot be read counts as one that is not there, as do its like.
    """
    drifted = {one.path: one for one in found}
    files = dict(drifted)
    ours = _ours(files.pop(LIST, None))
    strangers = [
        files.pop(path) for path, one in drifted.items() if one.how == "stray" and path not in ours
    ]
    formal = [files.pop(path) for path, one in drifted.items() if path in files and _same(one)]
    rules = [files.pop(path) for path in drifted if path in files and path.startswith(_RULES)]
    oncall = [files.pop(path) for path in drifted if path in files and path == _ONCALL]
    boards = [files.pop(path) for path in drifted if path in files and _is_dashboard(path)]
    sections = [
        *_tell(_rules, rules),
        *_tell(_oncall, oncall),
        *_tell(_dashboards, boards),
        *_texts(files.values()),
        Section("written otherwise, of the same meaning", _folders(formal)),
        Section("strangers, left alone", _paths(strangers)),
    ]
    return tuple(section for section in sections if section.changes)


def told(sections: Iterable[Section]) -> str:
    """Give changes as text: a heading each sort, a line each change, its details below."""
    lines = []
    for section in sections:
        lines.append(section.title)
        for change in section.changes:
            lines.append(f"  {change.mark} {change.what}")
            lines += [f"      {line}" for line in change.how]
    return "".join(f"{line}\n" for line in lines)


def _tell(
    sections: Callable[[list[Drift]], Iterable[Section]], files: list[Drift]
) -> tuple[Section, ...]:
    """Compare files; what was brought into another shape by hand is as good as not there."""
    try:
        return tuple(sections(files))
    except (AttributeError, KeyError, TypeError, ValueError):
        return tuple(sections([replace(one, on_disk="") for one in files]))


def _rules(files: list[Drift]) -> Iterator[Section]:
    old, new = (
        [group for text in side for group in _mapping(text).get("groups", ())]
        for side in ([one.on_disk for one in files], [one.wanted for one in files])
    )
    return rule_sections(old, new)


def _oncall(files: list[Drift]) -> Iterator[Section]:
    for one in files:
        yield from oncall_sections(_mapping(one.on_disk), _mapping(one.wanted))


def _dashboards(files: list[Drift]) -> Iterator[Section]:
    sides = ((_mapping(one.on_disk) or None, _mapping(one.wanted) or None) for one in files)
    yield Section(
        "dashboards", tuple(change for old, new in sides for change in dashboard_changes(old, new))
    )


def _texts(files: Iterable[Drift]) -> Iterator[Section]:
    """Tell of files that are read as a whole: only that they changed."""
    folders: dict[str, list[Change]] = {}
    marks: dict[str, Any] = {"missing": "+", "stray": "-", "changed": "~"}
    for one in files:
        folder, _, name = one.path.rpartition("/")
        what = f"{name}: text changed" if one.how == "changed" else name
        folders.setdefault(folder, []).append(Change(marks[one.how], what))
    for folder, changes in folders.items():
        yield Section(f"{folder}/", tuple(changes))


def _ours(listed: Drift | None) -> set[str]:
    """Name the files that were generated last time; where the list did not change, all still are.

    A file that is wanted no more is on the old list and not on the new one.
    """
    return set(listed.on_disk.splitlines()) if listed else set()


def _paths(files: Iterable[Drift]) -> tuple[Change, ...]:
    return tuple(Change("~", one.path) for one in files)


def _folders(files: Iterable[Drift]) -> tuple[Change, ...]:
    """Name files, but only count them where a folder has several."""
    folders: dict[str, list[str]] = {}
    for one in files:
        folders.setdefault(one.path.rpartition("/")[0], []).append(one.path)
    return tuple(
        Change("~", paths[0] if len(paths) == 1 else f"{folder}/: {len(paths)} files")
        for folder, paths in folders.items()
    )


def _same(one: Drift) -> bool:
    """Tell whether a file says the same in another form, or with other comments."""
    old, new = _said(one.on_disk), _said(one.wanted)
    return bool(old) and old == new


def _said(text: str) -> dict[str, Any]:
    """Read a file but for the groups that a test file has to list: another alert may add one."""
    return {key: value for key, value in _mapping(text).items() if key != "group_eval_order"}


def _is_dashboard(path: str) -> bool:
    return path.startswith("dashboards/") and path.endswith(".json")


def _mapping(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text) if text.startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        return {}
    return read if isinstance(read, dict) else {}
