"""Table: the newest values, one row for each set of labels, one column for each query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.panels.parts.fields import override
from generator.panels.parts.query import letter
from generator.panels.parts.visualisation import Look, Subject, Visualisation

if TYPE_CHECKING:
    from generator.panels.parts.envelope import Json


def look(subject: Subject) -> Look:
    """Show labels first, then the queries' columns.

    `sort` names a column, highest first; `color` those whose numbers take the panel's `steps`;
    `links` the dashboards to which the values of labels lead.
    """
    panel = subject.panel
    labels = list(dict.fromkeys(label for query in panel.queries for label in query.by))
    shown = {label: label.replace("_", " ").capitalize() for label in labels}
    shown |= {str(k): str(v) for k, v in subject.option("columns", {}).items()}
    values = [query.name or panel.title for query in panel.queries]
    coloured = subject.option("color", [])
    return Look(
        options=options(subject.option("sort", values[0] if values else "")),
        custom=dict(CELLS),
        overrides=tuple(
            override(name, unit=unit, **(_IN_COLOUR if name in coloured else {}))
            for name, unit in zip(values, subject.units, strict=True)
        )
        + tuple(
            override(shown[label], links=[link])
            for label, board in subject.option("links", {}).items()
            if label in shown and (link := _link(label, subject.boards.get(board)))
        ),
        transformations=(*arranged(shown, values),),
    )


def _link(label: str, uid: str | None) -> Json | None:
    """Lead from a label's value to the dashboard that shows it, over the same time."""
    if uid is None:
        return None
    seen = "${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}"
    url = f"/d/{uid}?{seen}&var-{label}=${{__value.raw}}"
    return {"title": "Look at ${__value.raw}", "url": url}


_IN_COLOUR: Json = {
    "custom__cellOptions": {"type": "color-text"},
    "color": {"mode": "thresholds"},
}
CELLS: Json = {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True}


def options(sort: str) -> Json:
    """Write a table's settings, sorted by this column."""
    order = [{"desc": True, "displayName": sort}] if sort else []
    return {"cellHeight": "sm", "showHeader": True, "sortBy": order}


def arranged(labels: dict[str, str], values: list[str]) -> list[Json]:
    """Join the queries' answers on their labels, name the columns and put them in order.

    `labels` maps a label to its column's title; `values` are the titles of the queries' columns.
    """
    # Grafana calls the value of a lone query "Value" once merged, of several "Value #A", ….
    alone = len(values) == 1
    columns = {("Value" if alone else f"Value #{letter(i)}"): v for i, v in enumerate(values)}
    if alone:
        columns["Value #A"] = values[0]
    named = labels | columns
    return [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "includeByName": {},
                "indexByName": {name: index for index, name in enumerate(named)},
                "renameByName": named,
            },
        },
    ]


TABLE = Visualisation(
    "table",
    "table",
    look,
    format="table",
    options=frozenset({"color", "columns", "limit", "links", "order", "sort"}),
)
