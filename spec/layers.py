"""Layers of a spec: the catalogue, the presets and the user's file, laid on one another."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spec.node import Node, merge
from spec.problems import Mark, SpecError, nearest
from spec.read_queries import ALERT_KINDS
from spec.reading import string
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from spec.reading import Reading

HOME = Path(str(files("spec")))
"""Where vocabulary, catalogue and presets are."""

CATALOGUE = "catalogue/"
"""What marks of the catalogue begin with: there a name that is missing was left out on purpose."""


@cache
def catalogue(name: str) -> Node:
    """Read what every fleet gets: all files of a folder, one an area."""
    whole = Node({}, Mark(f"{CATALOGUE}{name}"))
    for file in sorted((HOME / "catalogue" / name).glob("*.yaml")):
        root, problems = read_tree(file, f"{CATALOGUE}{name}/{file.name}")
        if problems:
            raise SpecError(problems)
        whole = merge(whole, root)
    return whole


def lay(base: Node, over: Node) -> Node:
    """Lay one file on another; an alert that names its own kind replaces the earlier one whole."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    over = _usable(over)
    merged = merge(base, over)
    _replace_kinds(base.get("alerts"), over.get("alerts"), merged.get("alerts"))
    for name, record in (over.get("records") or Node({}, over.mark)).items():
        parts = (base.get("records", name, "parts"), record.get("parts"))
        _replace_kinds(*parts, merged.get("records", name, "parts"))
    rows = _rows(base, over)
    for name, board in rows.items():
        boards = merged.get("dashboards")
        if boards and isinstance(boards.value, dict):
            boards.value[name] = board
    return merged


def _replace_kinds(base: Node | None, over: Node | None, merged: Node | None) -> None:
    """Let what names its own kind take the place of the earlier one; else they are one."""
    if not base or not over or not merged or not isinstance(merged.value, dict):
        return
    for name, entry in over.items():
        new = {kind for kind in ALERT_KINDS if entry.get(kind)}
        old = base.get(name)
        if old and new and not any(old.get(kind) for kind in new):
            merged.value[name] = entry


def _usable(layer: Node) -> Node:
    """Leave out what the schema has refused, so that it does not hide what it was laid on."""
    sections = {}
    for name, section in layer.items():
        if name not in ("alerts", "dashboards"):
            sections[name] = section
        elif isinstance(section.value, dict):
            fine = {
                k: v for k, v in section.items() if isinstance(v.value, dict) or v.value is False
            }
            sections[name] = replace(section, value=fine)
    return replace(layer, value=sections)


def _rows(base: Node, over: Node) -> dict[str, Node]:
    """Dashboards of both files: a row takes the place of the one of its title, or comes last."""
    merged = {}
    for name, board in (over.get("dashboards") or Node({}, over.mark)).items():
        earlier = base.get("dashboards", name)
        mine, theirs = board.get("rows"), earlier.get("rows") if earlier else None
        if earlier and mine and theirs:
            both = merge(earlier, board)
            by_title = {string(row.get("title")): row for row in theirs.elements()}
            by_title |= {string(row.get("title")): row for row in mine.elements()}
            rows = replace(mine, value=list(by_title.values()))
            merged[name] = replace(
                both, value={**cast("dict[str, Node]", both.value), "rows": rows}
            )
    return merged


def switched_off(base: Node, alerts: Node, over: Node, into: Reading) -> None:
    """Note what is switched off (`Name: false`) and was never there.

    `base` is all but the user's file, `alerts` its alerts with those that budgets bring.
    """
    for what, section, known in (
        ("alert", over.get("alerts"), alerts),
        ("dashboard", over.get("dashboards"), base.get("dashboards")),
    ):
        names = [name for name, _ in known.items()] if known else []
        for name, entry in section.items() if section else ():
            if entry.value is False and name not in names:
                into.wrong(
                    entry, f'there is no {what} "{name}" to switch off', nearest(name, names)
                )
