"""What the panels ask has an answer: every query runs against a real Prometheus with full data."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from agentgauge.servers import PROMTOOL
from generator.panels.parts.annotations import change
from generator.panels.parts.variables import common_matchers
from generator.promql import Scope
from spec.load import vocabulary
from tests import servers
from tests.generator.panels import checks, fleets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec.model import Family

END, STEP, SAMPLES = 1_767_225_600, 15, 400
VALUES = {
    "class": ("x", "retries_exhausted"),
    "kind": ("x", "human_escalation", "pii_leak", "unsafe_tool_call"),
    "state": ("NORMAL", "PANIC", "idle"),
}
"""What panels ask for by its value, of labels that may hold anything."""

MACROS = {
    "__interval": "2m", "__range": "1h", "__range_s": "3600", "__rate_interval": "2m",
    "agent": ".+", "experiment": ".+", "instance": ".+", "job": ".+", "model": ".+", "queue": ".+",
    "server": ".+", "source": ".+", "tool": ".+",
}  # fmt: skip
TARGET = {"cluster": "eu-1", "instance": "a:9477", "job": "agentgauge"}


def filled(expr: str) -> str:
    """Put values where Grafana would."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: MACROS[found[1]], expr)


def promtool() -> str:
    return servers.find(PROMTOOL)


def series(family: Family) -> Iterator[tuple[str, dict[str, str], float]]:
    """Give the series of a family with every value that its labels may have: name, labels, pace."""
    combinations: list[dict[str, str]] = [{}]
    for label in family.labels:
        values = family.values.get(label, VALUES.get(label, ("x",)))
        combinations = [{**c, label: value} for c in combinations for value in values]
    for labels in combinations:
        if family.type != "histogram":
            yield family.name, labels, 1.0 if family.type == "counter" else 0.0
            continue
        bounds = [*(str(float(b)) for b in family.buckets), "+Inf"]
        for place, bound in enumerate(bounds, start=1):
            yield f"{family.name}_bucket", {**labels, "le": bound}, float(place)
        yield f"{family.name}_sum", labels, 2.0
        yield f"{family.name}_count", labels, float(len(bounds))


def exposition() -> Iterator[str]:
    """Give an hour and more of everything, in OpenMetrics."""
    for family in fleets.families().values():
        kind = family.type if family.type in ("counter", "histogram") else "gauge"
        yield f"# TYPE {family.name.removesuffix('_total')} {kind}"
        for name, labels, pace in series(family):
            level = 1.0 if family.type in ("stateset", "info") else 2.0
            told = {"fleet": "support"} if family.recorded else TARGET
            yield from samples(name, told | labels, level, pace)
    alert = {"agent": "x", "alertname": "TaskSuccessLow", "fleet": "support", "severity": "warning"}
    yield "# TYPE ALERTS gauge"
    for name in (alert["alertname"], "Watchdog"):
        firing = alert | {"alertname": name, "alertstate": "firing"}
        yield from samples("ALERTS", firing, 1.0, 0.0)
    yield "# TYPE ALERTS_FOR_STATE gauge"
    yield from samples("ALERTS_FOR_STATE", alert, END - 600.0, 0.0)
    yield "# EOF\n"


def samples(name: str, labels: dict[str, str], level: float, pace: float) -> Iterator[str]:
    where = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for index in range(SAMPLES):
        at = END - (SAMPLES - 1 - index) * STEP
        yield f"{name}{{{where}}} {level + pace * index} {at}"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "metrics.txt").write_text("\n".join(exposition()))
    (folder / "prometheus.yml").write_text("{}\n")
    subprocess.run(
        [promtool(), "tsdb", "create-blocks-from", "openmetrics", "metrics.txt", "prometheus"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with servers.prometheus(folder / "prometheus.yml", folder) as server:
        yield server.url


def ask(url: str, path: str, **query: str) -> Any:  # noqa: ANN401  # JSON
    with urlopen(f"{url}/api/v1/{path}?{urlencode(query)}", timeout=30) as answer:  # noqa: S310  # our own server
        return json.load(answer)["data"]


def test_every_query_of_the_catalogue_gives_series(url: str, tmp_path: Path) -> None:
    empty = []
    for dashboard in fleets.generated(*fleets.catalogue(tmp_path)):
        for panel in checks.panels(dashboard):
            for target in panel["targets"]:
                expr = filled(target["expr"])
                if target["instant"]:
                    found = ask(url, "query", query=expr, time=str(END))
                else:
                    span = {"start": str(END - 1800), "end": str(END), "step": "60"}
                    found = ask(url, "query_range", query=expr, **span)
                if not found["result"]:
                    empty.append((panel["title"], expr))
    assert empty == []


def test_every_variable_finds_its_values(url: str, tmp_path: Path) -> None:
    wanted = {"instance": ["a:9477"], "job": ["agentgauge"]}
    for dashboard in fleets.generated(*fleets.catalogue(tmp_path)):
        for variable in dashboard["templating"]["list"][1:]:
            selector, label = re.fullmatch(
                r"label_values\((.+), (\w+)\)", variable["query"]
            ).groups()  # type: ignore[union-attr]  # no match fails the test
            span = {"start": str(END - 3600), "end": str(END)}
            found = ask(url, f"label/{label}/values", **{"match[]": filled(selector)}, **span)
            assert found == wanted.get(label, ["x"]), variable["query"]


def test_a_new_version_is_marked_once_where_it_begins(tmp_path: Path) -> None:
    family = vocabulary()["agent_build_info"]
    scope = Scope(
        common_matchers({}),
        variables=(("agent", "$agent"),),
        labels={family.name: family.labels},
    )
    expr = filled(change(family, scope))
    where = 'instance="a:9477",job="agentgauge",prompt_version="1"'
    old = f'agent_build_info{{agent="a",version="1",{where}}}'
    new = f'agent_build_info{{agent="a",version="2",{where}}}'
    other = f'agent_build_info{{agent="b",version="1",{where}}}'
    inputs = [
        {"series": old, "values": "1 1 1 1 1 stale"},
        {"series": new, "values": "_ _ _ _ _ 1x10"},
        # The other agent appears, goes away and comes back as it was: no change of version.
        {"series": other, "values": "_ _ 1 1 stale _ _ 1 1 1"},
    ]
    # One step is two minutes, as `filled` says; the change is seen at the first step after it.
    times = {0: [], 120: [], 240: [], 360: [new], 480: [], 600: [], 720: []}
    cases = [
        {
            "eval_time": f"{at}s",
            "expr": expr,
            "exp_samples": [{"labels": name, "value": 1} for name in names],
        }
        for at, names in times.items()
    ]
    test = {"interval": "1m", "input_series": inputs, "promql_expr_test": cases}
    file = tmp_path / "changes.yaml"
    file.write_text(json.dumps({"evaluation_interval": "1m", "tests": [test]}))
    done = subprocess.run(
        [promtool(), "test", "rules", file], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
