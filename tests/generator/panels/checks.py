"""What is wrong with a dashboard, as Grafana and dashboard-linter see it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Json = dict[str, Any]

GRAFANA = Path(__file__).parents[2] / "grafana"
BUILT_IN = {
    "__all", "__from", "__interval", "__interval_ms", "__name", "__range", "__range_ms",
    "__range_s", "__rate_interval", "__to", "__url_time_range", "__value",
}  # fmt: skip


def everything(dashboard: Json) -> list[str]:
    """Everything that is wrong."""
    checks = (schema, registries, grid, identity, variables, complete, linter)
    return [found for check in checks for found in check(dashboard)]


def schema(dashboard: Json) -> Iterator[str]:
    for error in _validator(None).iter_errors(without_panels(dashboard)):
        yield f"schema: {error.json_path}: {error.message}"
    for panel in dashboard["panels"]:
        kind = panel.get("type")
        if kind not in {*kinds(), "row"}:
            yield f"schema: {panel.get('title')}: type {kind!r}"
            continue
        # One kind's schema at a time: of "any of nine" jsonschema would only say that none fits.
        for error in _validator(kind).iter_errors(panel):
            yield f"schema: {panel['title']}: {error.json_path}: {error.message}"


def registries(dashboard: Json) -> Iterator[str]:
    for panel in panels(dashboard):
        for what, name, known in _names(panel):
            if name not in known:
                yield f"registries: {panel.get('title')}: {what} {name!r}"


def _names(panel: Json) -> Iterator[tuple[str, str, Collection[str]]]:
    """Every name that a panel takes from a registry: what it is, itself, and what there is."""
    known = read("registries")
    for key, value in walk(panel):
        if key == "unit":
            yield "unit", value, known["units"]
        elif key == "calcs":
            yield from (("reducer", calc, known["reducers"]) for calc in value)
    for step in panel.get("transformations", []):
        yield "transformation", step["id"], known["transformers"]
    field = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
    mode = field["defaults"].get("color", {}).get("mode", "fixed")
    yield "colour mode", mode, known["colorModes"]
    custom = [f"custom.{name}" for name in kinds().get(panel["type"], ())]
    for override in field["overrides"]:
        yield "matcher", override["matcher"]["id"], known["fieldMatchers"]
        for one in override["properties"]:
            yield "property", one["id"], [*known["properties"], *custom]
            if one["id"] == "unit":
                yield "unit", one["value"], known["units"]


def grid(dashboard: Json) -> Iterator[str]:
    """No panel leaves the 24 columns or lies on another; folded rows are grids of their own."""
    folded = [row["panels"] for row in dashboard["panels"] if row["type"] == "row"]
    for group in (dashboard["panels"], *folded):
        taken: dict[tuple[int, int], str] = {}
        for panel in group:
            at = panel["gridPos"]
            if at["x"] < 0 or at["x"] + at["w"] > 24:
                yield f"grid: {panel['title']} leaves the grid"
            for cell in (
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            ):
                if cell in taken:
                    yield f"grid: {panel['title']} lies on {taken[cell]}"
                    break
                taken[cell] = panel["title"]


def identity(dashboard: Json) -> Iterator[str]:
    seen: set[int] = set()
    for panel in [*dashboard["panels"], *inner(dashboard)]:
        if not isinstance(panel.get("id"), int) or panel["id"] in seen:
            yield f"identity: {panel['title']}: id {panel.get('id')}"
        seen.add(panel.get("id", 0))
    for panel in panels(dashboard):
        letters = [target.get("refId") for target in panel.get("targets", [])]
        if None in letters or len(set(letters)) < len(letters):
            yield f"identity: {panel['title']}: refIds {letters}"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", dashboard.get("uid") or ""):
        yield f"identity: uid {dashboard.get('uid')!r}"


def variables(dashboard: Json) -> Iterator[str]:
    """Every `$name` is defined, before it is used where it is used by another variable."""
    defined = set(BUILT_IN)
    for variable in dashboard["templating"]["list"]:
        yield from _undefined(variable, defined, f"variable {variable['name']}")
        defined.add(variable["name"])
    for part in (dashboard["panels"], dashboard["annotations"], dashboard["links"]):
        yield from _undefined(part, defined, "dashboard")


def complete(dashboard: Json) -> Iterator[str]:
    """Every panel has a title, a description, a unit and a data source, every query its own."""
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels(dashboard):
        here = panel.get("title") or panel["type"]
        for key in ("title", "description"):
            if not panel.get(key):
                yield f"complete: {here}: no {key}"
        if panel["type"] == "text":
            continue
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"complete: {here}: no unit"
        if panel.get("datasource") != source:
            yield f"complete: {here}: datasource {panel.get('datasource')}"
        for target in panel.get("targets", []):
            if target.get("datasource") != source:
                yield f"complete: {here}: {target['refId']}: datasource {target.get('datasource')}"
        if "maxDataPoints" in panel:
            yield f"complete: {here}: maxDataPoints"


def linter(dashboard: Json) -> Iterator[str]:
    """The rules of grafana/dashboard-linter that apply to Prometheus, by its names."""
    if dashboard.get("editable") is not False:
        yield "linter: uneditable-dashboard"
    yield from _templates(dashboard)
    for panel in panels(dashboard):
        if panel["type"] != "text" and not panel.get("targets"):
            yield f"linter: panel-no-targets-rule: {panel['title']}"
        for target in panel.get("targets", []):
            for rule in _promql(target["expr"]):
                yield f"linter: {rule}: {panel['title']}"


def _templates(dashboard: Json) -> Iterator[str]:
    by_name = {v["name"]: v for v in dashboard["templating"]["list"]}
    source = by_name.get("datasource", {})
    if (source.get("type"), source.get("label")) != ("datasource", "Data source"):
        yield "linter: template-datasource-rule"
    for name in ("job", "instance"):
        wanted = {
            "type": "query", "label": name.capitalize(), "multi": True, "allValue": ".+",
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
        }  # fmt: skip
        if any(by_name.get(name, {}).get(key) != value for key, value in wanted.items()):
            yield f"linter: template-{name}-rule"
    for name, variable in by_name.items():
        if variable["type"] == "query":
            if not re.fullmatch(r"label_values\(.+\)", variable["query"]):
                yield f"linter: template-label-promql-rule: {name}"
            if variable["refresh"] != 2:
                yield f"linter: template-on-time-change-reload-rule: {name}"


def _promql(expr: str) -> Iterator[str]:
    for window in re.findall(r"\bi?rate\(\w+(?:\{[^}]*\})?\[([^]]+)\]", expr):
        if window != "$__rate_interval":
            yield "target-rate-interval-rule"
    for name, matchers in re.findall(r"([a-zA-Z_:][\w:]*)(\{[^}]*\})", expr):
        if name in ("ALERTS", "ALERTS_FOR_STATE") or 'fleet="support"' in matchers:
            continue  # alerts and recordings keep what their rules keep: no job, no instance
        for label in ("job", "instance"):
            if f'{label}=~"${label}"' not in matchers:
                yield f"target-{label}-rule"
    for name in re.findall(r"\b((?:agent|agentgauge|circuit)_[a-z_]+)\b(?!\{)", expr):
        if name not in LABELS_LIKE_METRICS:
            yield f"target-job-rule ({name} has no matchers)"


# `by (agent_type)` looks like a metric to a regular expression.
LABELS_LIKE_METRICS = {"agent_type"}


def panels(dashboard: Json) -> list[Json]:
    """All panels but the rows, those of folded rows too."""
    return [p for p in dashboard["panels"] if p["type"] != "row"] + inner(dashboard)


def inner(dashboard: Json) -> list[Json]:
    """The panels of folded rows."""
    return [p for row in dashboard["panels"] for p in row.get("panels", [])]


def without_panels(dashboard: Json) -> Json:
    return dashboard | {"panels": []}


def walk(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            yield key, inside
            yield from walk(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from walk(inside)


@cache
def read(name: str) -> Json:
    made: Json = json.loads((GRAFANA / f"{name}.json").read_text(encoding="utf-8"))
    return made


@cache
def kinds() -> dict[str, frozenset[str]]:
    """Kind of panel to the names of its own (`custom`) field settings."""
    found = {}
    for kind in read("classic.schema")["definitions"]["AnyPanel"]["anyOf"]:
        fields = kind["properties"]["fieldConfig"]["properties"]["defaults"]["properties"]
        names = fields.get("custom", {}).get("properties", {})
        found[kind["properties"]["type"]["const"]] = frozenset(names)
    return found


@cache
def _validator(kind: str | None) -> Draft7Validator:
    whole = read("classic.schema")
    if kind is None:
        return Draft7Validator(whole)
    if kind == "row":
        ref: Json = {"$ref": "#/definitions/StrictRow"}
    else:
        options = whole["definitions"]["AnyPanel"]["anyOf"]
        ref = next(o for o in options if o["properties"]["type"]["const"] == kind)
    return Draft7Validator({"definitions": whole["definitions"]} | ref)


def _undefined(part: object, defined: set[str], where: str) -> Iterator[str]:
    for name in re.findall(r"\$\{?(\w+)", json.dumps(part)):
        if name not in defined:
            yield f"variables: {where}: ${name} is not defined"
