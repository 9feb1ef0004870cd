"""Drop-downs: the data source, then job, instance and the dashboard's own labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafanalib.core import SORT_ALPHA_ASC, Template

from generator.panels.parts.envelope import SOURCE
from generator.promql import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Mapping as Map

    from spec.model import Dashboard, Family

_ON_LOAD, _ON_TIME_RANGE = 1, 2
_EXPORTER = "agentgauge_build_info"
_PREFERRED = "agent_last_event_timestamp_seconds"


def common_matchers(selector: Map[str, str]) -> tuple[str, ...]:
    """Give the matchers that every query carries."""
    own = (f"{label}={quote(value)}" for label, value in sorted(selector.items()))
    return ('job=~"$job"', 'instance=~"$instance"', *own)


def variables(
    dashboard: Dashboard,
    families: Map[str, Family],
    selector: Map[str, str],
    fed: Collection[str] = (),
) -> Iterator[Template]:
    """Give a dashboard's variables; each narrows the next.

    Their values are listed from families that are `fed`, as far as there are any.
    """
    yield Template(
        name="datasource",
        label="Data source",
        type="datasource",
        query="prometheus",
        default="default",
        refresh=_ON_LOAD,
        regex="",
    )
    job, instance, *own = common_matchers(selector)
    yield _label("job", _EXPORTER, own)
    yield _label("instance", _EXPORTER, [job, *own])
    for label in dashboard.variables:
        yield _label(label, _series_with(label, families, fed), [job, instance, *own])


def _label(label: str, family: str, matchers: list[str]) -> Template:
    where = f"{{{','.join(matchers)}}}" if matchers else ""
    return Template(
        name=label,
        label=label.replace("_", " ").capitalize(),
        query=f"label_values({family}{where}, {label})",
        dataSource=SOURCE,
        multi=True,
        includeAll=True,
        allValue=".+",
        refresh=_ON_TIME_RANGE,
        regex="",
        sort=SORT_ALPHA_ASC,
    )


def _series_with(label: str, families: Map[str, Family], fed: Collection[str]) -> str:
    """Choose the series that tell a label's values: one that each agent has, if it can."""
    every = [name for name, family in families.items() if label in family.labels]
    having = [name for name in every if name in fed] or every
    if _PREFERRED in having:
        return _PREFERRED
    counting = [name for name in having if families[name].type in ("counter", "gauge")]
    chosen = (counting or having)[0]
    return f"{chosen}_count" if families[chosen].type == "histogram" else chosen
