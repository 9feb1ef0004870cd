"""From `agents.yaml` to a typed spec: vocabulary, catalogue, presets and the user's file, in order.

Every problem of every step is collected and raised at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

from spec.model import Source, Spec, Timing
from spec.node import Node, merge
from spec.problems import Mark, Problem, SpecError, nearest
from spec.read_alerts import read_alerts, read_budgets
from spec.read_dashboards import read_dashboards
from spec.read_families import read_families
from spec.read_mapping import read_mapping
from spec.read_oncall import read_oncall
from spec.read_queries import ALERT_KINDS
from spec.reading import Reading, camel, constants, duration, string, texts
from spec.validate import schema_problems
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.mapping import Mapping
    from spec.model import Family

_HOME = Path(str(files("spec")))
_SECTIONS = ("families", "budgets", "alerts", "dashboards")
_CHANGED_BY_HAND = "agents.yaml"
_LINKS = {
    "grafana": "http://localhost:3000",
    "runbooks": "https://github.com/your-organisation/your-repository/blob/main/alerts/runbooks",
}


def preset_names() -> tuple[str, ...]:
    """Name the presets that come with agentgauge."""
    return tuple(sorted(path.stem for path in (_HOME / "presets").glob("*.yaml")))


@cache
def vocabulary() -> dict[str, Family]:
    """Give the common vocabulary: the families that every spec knows."""
    root, problems = read_tree(_HOME / "vocabulary.yaml", "vocabulary.yaml")
    reading = Reading({})
    families = read_families(root, reading)
    if problems or reading.problems:
        raise SpecError([*problems, *reading.problems])
    return families


def load_preset(name: str) -> tuple[Mapping, dict[str, Family]]:
    """Load one preset by name or path, for `export --preset`; give also the families it knows.

    Raises:
        SpecError: there is none, or it is wrong.
    """
    mark = Mark("--preset")
    reading = Reading(vocabulary())
    presets = _Presets(Path.cwd(), reading)
    preset = presets.load(name, Node(name, mark))
    if reading.problems or preset is None:
        raise SpecError(reading.problems)
    return preset.mapping, {**vocabulary(), **read_families(preset.root.get("families"), reading)}


def load_spec(path: Path) -> Spec:
    """Load and check a spec.

    Raises:
        SpecError: it can't be used; every problem is in it.
    """
    root, problems = read_tree(path)
    if not isinstance(root.value, dict):
        raise SpecError([root.problem("must be a mapping", "start with `version: 1`")])
    found = [*problems, *schema_problems(root)]
    if not found or root.get("version") is not None or root.get("fleet") is not None:
        found += _missing(root)
    reading = Reading(vocabulary(), frozenset(_extra_labels(root)))
    spec = _read(path, root, reading)
    seen = {problem.mark for problem in found}
    found += [problem for problem in reading.problems if problem.mark not in seen]
    if found:
        raise SpecError(found)
    return spec


def _missing(root: Node) -> list[Problem]:
    """Name the sections without which a spec is none; the schema serves presets too."""
    return [root.problem(f'lacks "{key}"') for key in ("version", "fleet") if key not in root.keys]


def _extra_labels(root: Node) -> Iterable[str]:
    """Labels that series have beyond their families': a source's constants, the selector's."""
    sources = root.get("sources")
    for source in sources.elements() if sources else []:
        yield from constants(source.get("labels"))
    yield from constants(root.get("selector"))
    yield "fleet"


@dataclass(frozen=True, slots=True)
class _Preset:
    """A preset, read: its mapping, and its tree for the sections that it adds."""

    mapping: Mapping
    root: Node


@dataclass(slots=True)
class _Presets:
    """Loads presets, each once."""

    folder: Path
    reading: Reading
    loaded: dict[str, _Preset | None]

    def __init__(self, folder: Path, reading: Reading) -> None:
        self.folder, self.reading, self.loaded = folder, reading, {}

    def load(self, name: str, at: Node) -> _Preset | None:
        """Load a preset that is named at a place of the spec."""
        if name not in self.loaded:
            self.loaded[name] = self._load(name, at)
        return self.loaded[name]

    def _load(self, name: str, at: Node) -> _Preset | None:
        own = name.endswith((".yaml", ".yml")) or "/" in name
        path = self.folder / name if own else _HOME / "presets" / f"{name}.yaml"
        if not own and name not in preset_names():
            self.reading.wrong(at, f'there is no preset "{name}"', nearest(name, preset_names()))
            return None
        shown = str(path) if own else f"presets/{name}.yaml"
        try:
            root, problems = read_tree(path, shown)
        except SpecError as error:
            self.reading.problems += error.problems
            return None
        self.reading.problems += [*problems, *schema_problems(root)]
        before = len(self.reading.problems)
        families = {**self.reading.families, **read_families(root.get("families"), self.reading)}
        inner = replace(self.reading, families=families, problems=self.reading.problems)
        mapping = read_mapping(path.stem, root, inner)
        return _Preset(mapping, root) if len(self.reading.problems) == before else None


def _read(path: Path, root: Node, reading: Reading) -> Spec:
    presets = _Presets(path.parent, reading)
    families = {**vocabulary(), **read_families(root.get("families"), reading)}
    reading.families = families
    sources = _sources(root, path.parent, presets, reading)
    layers = [
        *(_catalogue(name) for name in ("alerts", "dashboards")),
        *(preset.root for preset in presets.loaded.values() if preset),
        root,
    ]
    for layer in layers[:-1]:
        families.update(read_families(layer.get("families"), reading))
    whole = layers[0]
    for layer in layers[1:]:
        whole = _lay(whole, layer)
    budgets = read_budgets(root.get("budgets"), reading)
    alert_nodes = _with_budget_alerts(whole, root)
    boards = read_dashboards(whole.get("dashboards"), reading)
    names = frozenset(board.name for board in boards)
    alerts = read_alerts(alert_nodes, budgets, names, reading)
    known = frozenset(name for name, _ in alert_nodes.items())
    timing = root.get("timing")
    return Spec(
        file=str(path.name),
        fleet=string(root.get("fleet"), "fleet"),
        sources=sources,
        families=families,
        budgets=budgets,
        alerts=alerts,
        dashboards=boards,
        oncall=read_oncall(root.get("oncall"), known, reading),
        selector=constants(root.get("selector")),
        links={**_LINKS, **constants(root.get("links"))},
        timing=Timing(*(
            duration(timing.get(key) if timing else None, Fraction(15))
            for key in ("scrape", "evaluation", "born_at_zero")
        )),
    )  # fmt: skip


@cache
def _catalogue(name: str) -> Node:
    """Read what every fleet gets."""
    root, problems = read_tree(_HOME / "catalogue" / f"{name}.yaml", f"catalogue/{name}.yaml")
    if problems:
        raise SpecError(problems)
    return root


def _lay(base: Node, over: Node) -> Node:
    """Lay one file on another; an alert that names its own kind replaces the earlier one whole."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = merge(base, over)
    alerts, earlier = over.get("alerts"), base.get("alerts")
    section = merged.get("alerts")
    if alerts and earlier and section and isinstance(section.value, dict):
        for name, entry in alerts.items():
            new = {kind for kind in ALERT_KINDS if entry.get(kind)}
            old = earlier.get(name)
            if old and new and not any(old.get(kind) for kind in new):
                section.value[name] = entry
    rows = _rows(base, over)
    for name, board in rows.items():
        boards = merged.get("dashboards")
        if boards and isinstance(boards.value, dict):
            boards.value[name] = board
    return merged


def _rows(base: Node, over: Node) -> dict[str, Node]:
    """Dashboards of both files: the later one's rows come after the earlier one's."""
    merged = {}
    for name, board in (over.get("dashboards") or Node({}, over.mark)).items():
        earlier = base.get("dashboards", name)
        mine, theirs = board.get("rows"), earlier.get("rows") if earlier else None
        if earlier and mine and theirs:
            both = merge(earlier, board)
            rows = replace(mine, value=[*theirs.elements(), *mine.elements()])
            merged[name] = replace(
                both, value={**cast("dict[str, Node]", both.value), "rows": rows}
            )
    return merged


def _with_budget_alerts(whole: Node, root: Node) -> Node:
    """Add the alerts that every budget brings, under what the user says of them by name."""
    templates = _catalogue("alerts").get("budget_alerts")
    alerts = whole.get("alerts") or Node({}, whole.mark, ("alerts",))
    entries = dict(alerts.items())
    budgets = root.get("budgets")
    for budget, settings in budgets.items() if budgets else ():
        for suffix, template in templates.items() if templates else ():
            name = camel(budget) + suffix
            made = _budget_alert(budget, settings, template)
            entries[name] = merge(made, entries[name]) if name in entries else made
    return replace(alerts, value=entries)


def _budget_alert(budget: str, settings: Node, template: Node) -> Node:
    """Make a budget's alert: the burn of it, or the limit itself as an increase over its period."""
    parts = {k: v for k, v in template.items() if k not in ("burn", "exceeded")}
    if template.get("burn"):
        parts["burn"] = Node(budget, settings.mark, settings.path)
    else:
        limits = {
            "increase": "metric",
            "where": "where",
            "above": "limit",
            "per": "per",
            "by": "by",
        }
        for key, of in limits.items():
            value = settings.get(of)
            if value:
                parts[key] = value
    return replace(settings, value=parts)


def _sources(root: Node, folder: Path, presets: _Presets, reading: Reading) -> tuple[Source, ...]:
    sources: list[Source] = []
    node = root.get("sources")
    for entry in node.elements() if node else []:
        stdin, globs = entry.get("stdin"), entry.get("file")
        if (stdin is None) == (globs is None):
            reading.wrong(entry, "needs one stream", "add file: or stdin: true")
        names = entry.get("preset")
        found = [
            presets.load(name, part)
            for part in (names.elements() if names else [])
            if (name := part.text())
        ]
        mappings = tuple(preset.mapping for preset in found if preset)
        name = string(entry.get("name")) or "+".join(Path(t).stem for t in texts(names))
        if name in {source.name for source in sources}:
            at = entry.get("name") or entry
            reading.wrong(at, f'there is a source "{name}" already', "give each a name: of its own")
        paths = tuple(str((folder / glob).absolute()) for glob in texts(globs))
        sources.append(Source(name, paths, mappings, constants(entry.get("labels"))))
    return tuple(sources)
