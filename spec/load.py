"""From `agents.yaml` to a typed spec: vocabulary, catalogue, presets and the user's file, in order.

Every problem of every step is collected and raised at once.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING

from spec.brought import with_brought
from spec.fed import Fed, fed_families, fed_records, fed_ways, fitting, kept_scores
from spec.layers import HOME, catalogue, lay, switched_off
from spec.model import SERIES_LIMIT, Spec, Timing
from spec.names import check_names
from spec.node import Node
from spec.problems import Mark, SpecError
from spec.read_alerts import read_alerts
from spec.read_budgets import read_budgets
from spec.read_dashboards import read_dashboards
from spec.read_families import read_families
from spec.read_goals import RECORDED, Goals, recorded_families
from spec.read_mapping_tests import read_mapping_tests
from spec.read_names import other_names
from spec.read_oncall import read_oncall
from spec.read_outputs import check_outputs, read_outputs
from spec.read_prices import read_prices
from spec.read_records import read_records, record_families, shipped_families
from spec.read_slos import read_slos
from spec.read_sources import Presets, preset_names, read_sources
from spec.reading import PROMETHEUS_FAMILIES, Reading, constants, duration, integer, string
from spec.sessions import read_top_sessions, without_sessions
from spec.validate import schema_problems
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec.mapping import Mapping as Preset
    from spec.model import Family
    from spec.problems import Problem

__all__ = ["load_preset", "load_spec", "preset_names", "vocabulary"]

LINKS = {
    "grafana": "http://localhost:3000",
    "runbooks": "https://github.com/your-organisation/your-repository/blob/main/alerts/runbooks",
}
# Sections of a resolved spec, in their order. What only presets and the catalogue hold is not.
_RESOLVED = (
    "version", "fleet", "sources", "selector", "links", "timing", "limits", "sessions", "prices",
    "families", "slos",
    "budgets",
    "records", "alerts", "dashboards", "oncall", "outputs",
)  # fmt: skip
# In seconds: what holds where the spec says nothing.
_TIMING = {"scrape": 15, "evaluation": 15, "born_at_zero": 15, "gauges_expire": 86_400}
_MAPPING_KEYS = (
    "format", "pattern", "prefix", "files", "time", "labels", "exemplar", "session",
    "remember_by", "places", "events",
)  # fmt: skip


@cache
def vocabulary() -> dict[str, Family]:
    """Give the common vocabulary: the families that every spec knows."""
    root, problems = read_tree(HOME / "vocabulary.yaml", "vocabulary.yaml")
    reading = Reading({})
    families = read_families(root, reading)
    if problems or reading.problems:
        raise SpecError([*problems, *reading.problems])
    return families


def load_preset(name: str) -> tuple[Preset, dict[str, Family]]:
    """Load one preset by name or path, for `export --preset`; give also the families it knows.

    Raises:
        SpecError: there is none, or it is wrong.
    """
    reading = Reading(vocabulary())
    preset = Presets(Path(), reading).load(name, Node(name, Mark("--preset")))
    if preset is None:
        raise SpecError(reading.found())
    return preset.mapping, {**vocabulary(), **read_families(preset.root.get("families"), reading)}


def load_spec(path: Path) -> Spec:
    """Load and check a spec.

    Raises:
        SpecError: it can't be used; every problem is in it.
    """
    root, problems = read_tree(path)
    if not isinstance(root.value, dict):
        raise SpecError([root.problem("must be a mapping", "start with `version: 1`")])
    reading = Reading(vocabulary(), frozenset(_extra_labels(root)))
    reading.refuse([*problems, *schema_problems(root, problems), *_misplaced(root)])
    spec = _read(path, root, reading)
    if found := reading.found():
        raise SpecError(found)
    return spec


def _misplaced(root: Node) -> Iterable[Problem]:
    """Tell a spec from a preset, for which the same schema serves."""
    for key in ("version", "fleet"):
        if key not in root.keys:
            yield root.problem(f'lacks "{key}"')
    for key in _MAPPING_KEYS:
        if key in root.keys:
            hint = "write it to a file of its own and name that as a source's preset"
            yield root.key_problem(key, "belongs in a preset", hint)


def _extra_labels(root: Node) -> Iterable[str]:
    """Labels that series have beyond their families': a source's constants, the selector's."""
    sources = root.get("sources")
    for source in sources.elements() if sources else []:
        yield from constants(source.get("labels"))
    yield from constants(root.get("selector"))
    yield "fleet"


def _changed(own: Mapping[str, Family], node: Node | None, into: Reading) -> dict[str, Family]:
    """Give the user's families, those that change one of ours (its buckets, its help) included.

    Its type and labels are what presets, alerts and dashboards rely on: they must stay.
    """
    fine = {}
    for name, family in own.items():
        there = {**vocabulary(), **PROMETHEUS_FAMILIES}.get(name)
        if there and node and (family.type, family.labels) != (there.type, there.labels):
            labels = f" with the labels {', '.join(there.labels)}" if there.labels else ""
            message = f"is there already, a {there.type}{labels}"
            into.problems.append(node.key_problem(name, message, "choose another name"))
        else:
            fine[name] = family
    return fine


def _scores(layers: list[Node]) -> tuple[Node | None, Node | None]:
    """Give the records of the catalogue and the presets, and with the user's laid on them."""
    *shipped, root = layers
    there = reduce(lay, [catalogue("records"), *shipped]).get("records")
    return there, lay(Node({"records": there} if there else {}, root.mark), root).get("records")


def _read(path: Path, root: Node, reading: Reading) -> Spec:
    presets = Presets(path.parent, reading)
    own = read_families(root.get("families"), reading)
    families = {**vocabulary(), **_changed(own, root.get("families"), reading)}
    reading.families = families
    sources = read_sources(root, presets, reading)
    top = read_top_sessions(root.get("sessions"))
    sources = sources if top.keep else without_sessions(sources)
    layers = [
        *(catalogue(name) for name in ("alerts", "dashboards")),
        *(preset.root for preset in presets.loaded.values() if preset),
        root,
    ]
    for layer in layers[:-1]:
        families.update(read_families(layer.get("families"), reading))
    every = reduce(lay, layers[:-1])
    switched_off(every, with_brought(every, root), root, reading)
    shipped, scores = _scores(layers)
    there = dict(shipped.items()) if shipped else {}
    records = read_records(scores, root.get("records"), there, reading)
    families.update({**shipped_families(there), **record_families(records)})
    outputs = read_outputs(root.get("outputs"))
    others = other_names(outputs.names) if outputs.names == "otel" else None
    if others:
        check_names(others, root.get("outputs", "names"), sources, families, reading)
        families.update(others.families)
    fed = Fed(frozenset(families))
    if sources:
        fed = Fed(fed_families(sources, families), fed_ways(sources))
        records = fed_records(records, fed, root)
        fed = replace(fed, names=fed.names | {record.name for record in records})
    asked = {name for section in RECORDED if root.get(section) for name in RECORDED[section]}
    fed = replace(fed, names=fed.names | asked)
    readable = {**families, **recorded_families()}
    layers = [*(fitting(one, fed, readable, root) for one in layers[:2]), *layers[2:]]
    whole = reduce(lay, layers[:-1])
    whole = lay(whole, root)
    budgets = read_budgets(root.get("budgets"), reading)
    slos = read_slos(root.get("slos"), [budget.name for budget in budgets], reading)
    alert_nodes = with_brought(whole, root)
    boards = read_dashboards(whole.get("dashboards"), reading)
    names = frozenset(board.name for board in boards)
    alerts = read_alerts(alert_nodes, Goals(budgets, slos), names, reading)
    known = frozenset(
        name for part in (alert_nodes, every.get("alerts")) if part for name, _ in part.items()
    )
    timing, limits = root.get("timing"), root.get("limits")
    oncall = read_oncall(root.get("oncall"), known, outputs.alertmanager, reading)
    check_outputs(outputs, oncall, reading)
    merged = replace(whole, value={**dict(whole.items()), "alerts": alert_nodes})
    if scores:
        left = kept_scores(scores, records)
        merged = replace(merged, value={**dict(merged.items()), "records": left})
    return Spec(
        file=str(path.name),
        fleet=string(root.get("fleet"), "fleet"),
        sources=sources,
        families=families,
        slos=slos,
        records=records,
        budgets=budgets,
        alerts=alerts,
        dashboards=boards,
        oncall=oncall,
        selector=constants(root.get("selector")),
        links={**LINKS, **constants(root.get("links"))},
        timing=Timing(*(
            duration(timing.get(key) if timing else None, Fraction(default))
            for key, default in _TIMING.items()
        )),
        tests=read_mapping_tests(root.get("tests"), [s.name for s in sources], reading),
        series_limit=integer(limits.get("series") if limits else None, SERIES_LIMIT),
        sessions=top,
        prices=read_prices(root.get("prices"), reading),
        outputs=outputs,
        names=others,
        resolved={key: part.plain() for key in _RESOLVED if (part := merged.get(key))},
    )  # fmt: skip
