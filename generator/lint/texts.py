"""Texts and links: every label they speak of is there, and every link leads somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from generator.lint.finding import Rule
from generator.lint.syntax import selections
from generator.lint.variables import used
from generator.lint.whole import targets
from spec.model import Promql
from spec.problems import nearest
from spec.read_goals import recorded_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.lint.finding import Finding, Subject
    from generator.lint.places import Place
    from generator.lint.shape import Shape
    from generator.lint.whole import Board, Json, LintedAlert, LintedPanel, Query, Whole

LABEL = Rule(
    "template-label", "error", "A label that an alert's text names survives its expression."
)
LEGEND = Rule("legend-label", "error", "A label that a legend or a mark names survives its query.")
VARIABLE = Rule("variable-unknown", "error", "A variable that is used is one of the dashboard.")
LINK = Rule("link-broken", "error", "Links lead to dashboards, variables and runbooks that exist.")
RULES = (LABEL, LEGEND, VARIABLE, LINK)

# `or $labels.agent "any agent"` says what to do without the label.
_IN_TEMPLATE = re.compile(
    r"(?P<guard>\bor\s+)?(?:\$labels|\.Labels)\.(?P<dot>\w+)"
    r"|\bindex\s+(?:\$labels|\.Labels)\s+\"(?P<index>\w+)\""
)
_IN_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FIELD = re.compile(r"\$\{__field\.labels\.(\w+)\}|\$\{__field\.labels\[\"(\w+)\"\]\}")
_BOARD = re.compile(r"/d/([\w-]+)")
_RUNBOOK = re.compile(r"/([A-Za-z0-9]+)\.md$")
# Grafana's own: `__range`, `__field`, ...
_BUILT_IN = "__"


def find(whole: Whole) -> Iterator[Finding]:
    """Look at alerts' texts, at dashboards' texts, and at the links of both."""
    for alert in whole.alerts:
        yield from _alert(alert, whole)
    for board in whole.boards:
        names = _variables(board)
        yield from _marks(board, names, whole)
        yield from _of_board(board, names, whole)
        for panel in board.panels:
            yield from _legends(panel, whole)
            yield from _of_panel(panel, names, whole)


# ---- alerts -------------------------------------------------------------------------------------


def _alert(alert: LintedAlert, whole: Whole) -> Iterator[Finding]:
    for rule, query, answer in alert.rules:
        told: set[str] = set()
        # What `by` promises of an expression of one's own, everybody counts on.
        claims = alert.proven.alert.by if isinstance(alert.proven.alert.condition, Promql) else ()
        promised = " ".join(f"$labels.{label}" for label in claims)
        texts = {"description": "", **rule.annotations, **rule.labels, "by": promised}
        for key, text in texts.items() if query.tree else ():
            for label in _lost(text, answer):
                if label in told:
                    continue
                told.add(label)
                under = ("by",) if key == "dashboard_url" else (key,)
                place = whole.places.of(alert.proven.alert.origin, label, under=under)
                says = "is by" if under == ("by",) else "speaks of"
                message = f"{says} {{{label}}}, which the alert has lost on its way"
                have = sorted(answer.every or ())
                hint = nearest(label, have) or f"it has: {', '.join(have) or 'none'}"
                yield whole.finding(LABEL, place, message, hint, query.subject)
        for key in ("dashboard_url", "runbook_url"):
            origin = alert.proven.alert.origin
            place = whole.places.of(origin, under=(key.removesuffix("_url"),))
            url = rule.annotations.get(key, "")
            yield from _link(url, place, query.subject, whole)


def _lost(text: str, answer: Shape) -> Iterator[str]:
    """Name the labels of a template that some alert of the expression has not."""
    for found in _IN_TEMPLATE.finditer(text):
        label = found["dot"] or found["index"]
        there = answer.may_have(label) if found["guard"] else answer.all_have(label)
        if not there and label != "alertname":
            yield label


# ---- dashboards ---------------------------------------------------------------------------------


def _variables(board: Board) -> frozenset[str]:
    return frozenset(one["name"] for one in board.json["templating"]["list"])


def _legends(panel: LintedPanel, whole: Whole) -> Iterator[Finding]:
    asked = (target for _, target in targets(panel.json))
    for target, query in zip(asked, panel.queries, strict=True):
        if query.tree is None or query.open:
            continue
        answer = whole.metrics.shape(query.tree)
        fine = _of_goals(query, whole)
        for label in _IN_LEGEND.findall(target.get("legendFormat") or ""):
            if not answer.may_have(label) and label not in fine:
                have = sorted(answer.some or ())
                message = f"its legend speaks of {{{{{label}}}}}, which its query has not"
                hint = nearest(label, have) or f"it has: {', '.join(have) or 'none'}"
                yield whole.in_query(LEGEND, query, message, hint, label)


def _of_goals(query: Query, whole: Whole) -> set[str]:
    """Name the labels that a legend of goals may speak of: each goal has labels of its own."""
    read = {one.name for one in selections(query.tree)} if query.tree else set()
    if read.isdisjoint(recorded_families()):
        return set()
    return {label for family in whole.spec.families.values() for label in family.labels}


def _marks(board: Board, names: frozenset[str], whole: Whole) -> Iterator[Finding]:
    for mark, query in board.annotations:
        unknown = [one for one in used(query.text) if not _known(one, names)]
        yield from (whole.in_query(VARIABLE, query, _says(one), nearest(one, names), one)
                    for one in unknown)  # fmt: skip
        if query.tree is None or query.open:
            continue
        answer = whole.metrics.shape(query.tree)
        texts = f"{mark.get('titleFormat', '')} {mark.get('textFormat', '')}"
        asked = [*_IN_LEGEND.findall(texts), *filter(None, mark.get("tagKeys", "").split(","))]
        for label in dict.fromkeys(asked):
            if not answer.may_have(label):
                message = f"the mark speaks of {{{{{label}}}}}, which its query has not"
                yield whole.in_query(LEGEND, query, message, "", label, mark["name"])


def _of_panel(panel: LintedPanel, names: frozenset[str], whole: Whole) -> Iterator[Finding]:
    origin = panel.panel.origin if panel.panel else None
    for query in panel.queries:
        for name in used(query.text):
            if not _known(name, names):
                yield whole.in_query(VARIABLE, query, _says(name), nearest(name, names), name)
    for key in ("title", "description"):
        for name in used(panel.json.get(key) or ""):
            # A sum of money is no variable.
            if not _known(name, names) and not name[0].isdigit():
                place = whole.places.of(origin, name, under=(key,))
                hint = nearest(name, names)
                yield whole.finding(VARIABLE, place, _says(name), hint, panel.subject)
    shapes = [whole.metrics.shape(q.tree) for q in panel.queries if q.tree and not q.open]
    for url in _urls(panel.json):
        place = whole.places.of(origin, url, under=("options",))
        yield from _link(url, place, panel.subject, whole, names)
        for label in (one or other for one, other in _FIELD.findall(url)):
            if shapes and not any(answer.may_have(label) for answer in shapes):
                message = f"a link speaks of the label {label}, which no query of the panel has"
                yield whole.finding(LINK, place, message, "", panel.subject)


def _of_board(board: Board, names: frozenset[str], whole: Whole) -> Iterator[Finding]:
    for link in board.json.get("links") or []:
        if link.get("type") == "link":
            place = whole.places.of(board.dashboard.origin)
            yield from _link(link.get("url") or "", place, board.subject, whole, names)


def _urls(panel: Json) -> Iterator[str]:
    """Give the links of a panel, of its fields and of their overrides."""
    settings = panel.get("fieldConfig") or {}
    lists = [panel.get("links") or [], (settings.get("defaults") or {}).get("links") or []]
    for override in settings.get("overrides") or []:
        lists += [p["value"] for p in override["properties"] if p["id"] == "links"]
    for links in lists:
        yield from (link["url"] for link in links if link.get("url"))


def _known(name: str, names: frozenset[str]) -> bool:
    return name in names or name.startswith(_BUILT_IN)


def _says(name: str) -> str:
    return f"speaks of ${name}, which is no variable of this dashboard"


# ---- links --------------------------------------------------------------------------------------


def _link(
    url: str, at: Place, about: Subject, whole: Whole, names: frozenset[str] | None = None
) -> Iterator[Finding]:
    """Look where a link leads: only what is generated with it can be told.

    `names` are the variables that the link itself may use; None where it is an alert's.
    """
    if names is not None:
        for name in used(url):
            if not _known(name, names):
                yield whole.finding(LINK, at, _says(name), nearest(name, names), about)
    runbooks = whole.model.links.get("runbooks", "").rstrip("/")
    page = _RUNBOOK.search(url)
    known = {alert.proven.alert.name for alert in whole.alerts}
    if page and runbooks and url.startswith(runbooks) and page[1] not in known:
        message = f"leads to the runbook of {page[1]}, which is no alert"
        yield whole.finding(LINK, at, message, nearest(page[1], known), about)
    grafana = whole.model.links.get("grafana", "").rstrip("/")
    board = _BOARD.search(url) if url.startswith(("/d/", f"{grafana}/d/")) else None
    if board:
        yield from _to_board(url, board[1], at, about, whole)


def _to_board(url: str, uid: str, at: Place, about: Subject, whole: Whole) -> Iterator[Finding]:
    boards = {board.json["uid"]: board for board in whole.boards}
    if uid not in boards:
        if uid.startswith(f"{whole.model.fleet}-"):
            message = f"leads to the dashboard {uid}, which is not there"
            yield whole.finding(LINK, at, message, nearest(uid, boards), about)
        return
    names = _variables(boards[uid])
    query = re.sub(r"\{\{.*?\}\}", "x", urlsplit(re.sub(r"\{\{.*?\}\}", "x", url)).query)
    for key, _ in parse_qsl(query, keep_blank_values=True):
        name = key.removeprefix("var-")
        if name != key and name not in names:
            message = f"sets the variable {name}, which the dashboard {uid} has not"
            yield whole.finding(LINK, at, message, nearest(name, names), about)
