"""The exposition is read by prometheus-client's own parsers as what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse

from exporter.store.exposition import exposition, families_of, wants_openmetrics
from exporter.store.series import Exemplar
from exporter.store.store import Limit, Store
from spec.model import Family

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLS = Family("calls_total", "counter", 'Calls, "all" of them.\nReally \\.', ("agent", "zone"))
MONEY = Family("cost_usd_total", "counter", "Money.", ("agent", "zone"), "usd")
DEPTH = Family("depth", "gauge", "Waiting.", ("agent", "zone"))
TIME = Family("time_seconds", "histogram", "Time.", ("agent", "zone"), "s", (0.1, 1.0, 10.0))
STATE = Family("state", "stateset", "State.", ("agent", "zone"), state="zone")
VERSION = Family("version_info", "info", "Version.", ("agent", "zone"), replaced=("zone",))
FAMILIES = {f.name: f for f in (CALLS, MONEY, DEPTH, TIME, STATE, VERSION)}

EXPECTED = r"""# HELP calls_total Calls, "all" of them.\nReally \\.
# TYPE calls_total counter
calls_total{agent="a",le_constant="c",zone="b\\"} 3.0
calls_total{agent="z\"\n",le_constant="c",zone=""} 1e+06
# HELP cost_usd_total Money.
# TYPE cost_usd_total counter
cost_usd_total{agent="a",le_constant="c",zone="b"} 0.3
# HELP depth Waiting.
# TYPE depth gauge
depth{agent="a",le_constant="c",zone="b"} -1.5
# HELP time_seconds Time.
# TYPE time_seconds histogram
time_seconds_bucket{agent="a",le="0.1",le_constant="c",zone="b"} 1.0
time_seconds_bucket{agent="a",le="1.0",le_constant="c",zone="b"} 1.0
time_seconds_bucket{agent="a",le="10.0",le_constant="c",zone="b"} 3.0
time_seconds_bucket{agent="a",le="+Inf",le_constant="c",zone="b"} 4.0
time_seconds_count{agent="a",le_constant="c",zone="b"} 4.0
time_seconds_sum{agent="a",le_constant="c",zone="b"} 116.5
# HELP state State.
# TYPE state gauge
state{agent="a",le_constant="c",zone="off"} 0.0
state{agent="a",le_constant="c",zone="on"} 1.0
# HELP version_info Version.
# TYPE version_info gauge
version_info{agent="a",le_constant="c",zone="2"} 1.0
"""


def store(constants: dict[str, str] | None = None) -> Store:
    return Store(FAMILIES, Limit(1000), lambda: 0.0, constants=constants)


def filled() -> Store:
    one = store({"le_constant": "c"})
    for labels, amount in ((("a", "b\\"), 3), (('z"\n', ""), 10**6)):
        series, _ = one.total(CALLS, labels)
        series.add(amount)
        one.changed(CALLS, series)
    money, _ = one.total(MONEY, ("a", "b"))
    money.add(300_000_000_000)
    one.changed(MONEY, money)
    depth = one.present(DEPTH, ("a", "b"))
    depth.set(-1.5, None)  # type: ignore[arg-type] # a gauge
    one.changed(DEPTH, depth)
    time, _ = one.total(TIME, ("a", "b"))
    time.observe([1, 0, 2, 1], 116.5)
    time.exemplar = Exemplar("trace_id", "x1", 5.5, 1_700_000_000.25)
    one.changed(TIME, time)
    state = one.present(STATE, ("a",))
    state.set("off", None)  # type: ignore[arg-type] # a state
    state.set("on", None)  # type: ignore[arg-type] # a state
    one.changed(STATE, state)
    version = one.present(VERSION, ("a",))
    version.set(("a", "1"), None)  # type: ignore[arg-type] # a state
    version.set(("a", "2"), None)  # type: ignore[arg-type] # a state
    one.changed(VERSION, version)
    one.publish()
    return one


def written(one: Store, *, openmetrics: bool = False, names: Sequence[str] = ()) -> str:
    families = families_of(one.tables.values(), 0.0, openmetrics=openmetrics, names=names)
    return exposition(families, openmetrics=openmetrics).decode()


def test_every_kind_of_family_is_written_as_prometheus_wants_it() -> None:
    assert written(filled()) == EXPECTED


def test_openmetrics_names_counters_without_their_suffix_and_shows_exemplars() -> None:
    text = written(filled(), openmetrics=True)
    families = {family.name: family for family in parse_openmetrics(text)}  # type: ignore[no-untyped-call] # the library's
    assert families["calls"].type == "counter"
    buckets = [s for s in families["time_seconds"].samples if s.name.endswith("_bucket")]
    exemplars = [s.exemplar for s in buckets]
    assert [e is not None for e in exemplars] == [False, False, True, False]
    assert exemplars[2].labels == {"trace_id": "x1"}
    assert (exemplars[2].value, float(exemplars[2].timestamp)) == (5.5, 1_700_000_000.25)
    assert text.endswith("# EOF\n")


def test_only_the_names_that_are_asked_for_are_written() -> None:
    one = filled()
    for name in ("time_seconds", "time_seconds_bucket"):
        text = written(one, names=[name])
        assert {family.name for family in parse(text)} == {"time_seconds"}


def test_what_was_not_published_is_not_written() -> None:
    one = filled()
    series, _ = one.total(CALLS, ("a", "b\\"))
    series.add(5)
    one.changed(CALLS, series)
    assert written(one) == EXPECTED
    one.publish()
    assert written(one) == EXPECTED.replace(" 3.0\n", " 8.0\n", 1)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(0, 2**70) | st.floats(0, 1e280)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.tuples(TEXTS, TEXTS), NUMBERS, max_size=8), TEXTS)
def test_any_label_and_number_comes_back_from_the_parser(
    values: dict[tuple[str, str], float], constant: str
) -> None:
    one = store({"constant": constant})
    for labels, value in values.items():
        series, _ = one.total(CALLS, labels)
        series.add(value)
        one.changed(CALLS, series)
    one.publish()
    text = written(one)
    found = {
        (s.labels["agent"], s.labels["zone"]): s.value
        for family in parse(text)
        for s in family.samples
        if s.labels["constant"] == constant
    }
    assert found.keys() == values.keys()
    for labels, value in values.items():
        assert math.isclose(found[labels], value, rel_tol=1e-15)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", True),
        ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.5", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=x,text/html", False),
    ],
)
def test_openmetrics_is_given_to_who_would_rather_have_it(accept: str, *, wanted: bool) -> None:
    assert wants_openmetrics(accept) is wanted
