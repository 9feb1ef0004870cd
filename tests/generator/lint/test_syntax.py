"""PromQL as a tree: what is read, and where what is none goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.lint.divisors import never_zero
from generator.lint.expressions import _offset
from generator.lint.metrics import Metric, Metrics
from generator.lint.syntax import (
    Aggregate,
    Binary,
    Call,
    Condition,
    Number,
    PromqlError,
    Select,
    Subquery,
    parse,
    selections,
)
from generator.lint.variables import RATE_INTERVAL, settled, used

METRICS = Metrics({
    "tasks": Metric("tasks", "gauge", frozenset({"agent", "outcome", "job"})),
    "agents": Metric("agents", "gauge", frozenset({"agent", "version"})),
    "hist_bucket": Metric("hist_bucket", "counter", frozenset({"agent", "le"})),
})  # fmt: skip


def test_all_that_promql_has_is_read() -> None:
    text = (
        'sum by (agent) (rate(x_total{a="1",b!="2",c=~"3",d!~"4"}[5m])) '
        "/ on (agent) group_left (v) -topk(5, max_over_time(y[1h:5m] offset 1d)) > bool 1"
    )
    rate = Call(
        "rate",
        (
            Select(
                "x_total",
                (
                    Condition("a", "=", "1"),
                    Condition("b", "!=", "2"),
                    Condition("c", "=~", "3"),
                    Condition("d", "!~", "4"),
                ),
                300,
            ),
        ),
    )
    tree = parse(text)
    assert isinstance(tree, Binary)
    assert (tree.operator, tree.right, tree.as_bool) == (">", Number(1), True)
    division = tree.left
    assert isinstance(division, Binary)
    assert division.left == Aggregate("sum", "by", ("agent",), rate)
    assert (division.matching, division.labels) == ("on", ("agent",))
    assert (division.many, division.included) == ("left", ("v",))
    assert [one.name for one in selections(tree)] == ["x_total", "y"]


def test_a_name_is_found_however_it_is_written() -> None:
    for text in ("m", "(m)", "m{}", '{__name__="m"}', '{"m"}'):
        assert [one.name for one in selections(parse(text))] == ["m"]
    assert parse("m[5m:1m]") == Subquery(Select("m", ()), "0:05:00:0:01:00")


def test_what_looks_at_other_times_is_not_the_same() -> None:
    texts = (
        "m",
        "m offset 1h",
        "m offset 2h",
        "m @ 5",
        "m @ end()",
        "m[1h:]",
        "m[2h:]",
        "m[1h:5m]",
    )
    assert len({parse(text) for text in texts}) == len(texts)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("sum(x", "(x"),
        ("sum(x)) > 1", ") > 1"),
        ("x and", ""),
        ("summ(x)", "summ(x)"),
        ("sum(a) / foo bar > 3", "bar > 3"),
        ("x >= 5 fro 3", "fro 3"),
        ("x ? 5", "? 5"),
        ("x{a=b}", "b}"),
        ("rate(x)", "rate(x)"),
    ],
)
def test_what_is_no_promql_says_where_it_goes_wrong(text: str, rest: str) -> None:
    with pytest.raises(PromqlError) as caught:
        parse(text)
    assert text[caught.value.offset :] == rest
    assert _offset(text) == caught.value.offset


@given(st.text(alphabet="sumxy(){}[]=~\"'$1 5mby,/>-&$_", max_size=40))
def test_any_text_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    plain, _ = settled(text)
    try:
        parse(plain)
    except PromqlError as error:
        offset, message = error.offset, str(error)
    else:
        offset, message = 0, "fine"
    assert 0 <= offset <= len(text)
    assert message


# ---- Grafana's variables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain", "named"),
    [
        ('x{a=~"$a"}', 'x{a=~"$a"}', False),
        ("rate(x[$__rate_interval])", "rate(x[00000000009431ms])", False),
        ("x[${__range}]", "x[000000005m]", False),
        ("x offset $__interval", "x offset 0000000005m", False),
        ("topk($n, x)", "topk(01, x)", False),
        ("sum by (a, $by) (x)", "sum by (a, vvv) (x)", True),
        ("x_${kind}_total", "x_vvvvvvv_total", True),
        ('$m{a="1"}', 'vv{a="1"}', True),
        ("[[old]] + x", "0000001 + x", False),
    ],
)
def test_variables_are_put_to_rest_where_they_stand(text: str, plain: str, named: object) -> None:
    found, open_ = settled(text)
    assert (found, open_) == (plain, named)
    assert len(found) == len(text)


def test_a_rate_over_the_right_time_is_known() -> None:
    (select,) = selections(parse(settled("rate(x[$__rate_interval])")[0]))
    assert select.over == RATE_INTERVAL


def test_variables_that_are_used_are_named_once() -> None:
    assert used('$a ${b:regex} [[c]] $a "$d"') == ("a", "b", "c", "d")


# ---- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "every", "some"),
    [
        ("tasks", {"agent", "outcome", "job"}, None),
        ("sum(tasks)", set(), None),
        ("sum by (agent, nope) (tasks)", {"agent"}, None),
        ("sum without (job) (tasks)", {"agent", "outcome"}, None),
        ("topk(3, tasks)", {"agent", "outcome", "job"}, None),
        ('count_values by (agent) ("v", tasks)', {"agent", "v"}, None),
        ("histogram_quantile(0.9, rate(hist_bucket[5m]))", {"agent"}, None),
        ("quantile_over_time(0.9, tasks[5m])", {"agent", "outcome", "job"}, None),
        ('label_replace(tasks, "x", "$1", "job", "(.*)")', {"agent", "outcome", "job", "x"}, None),
        ("tasks > 5", {"agent", "outcome", "job"}, None),
        ("1 - tasks", {"agent", "outcome", "job"}, None),
        ("tasks + agents", {"agent"}, None),
        ("tasks / on (agent) agents", {"agent"}, None),
        ("tasks / ignoring (job, outcome, version) agents", {"agent"}, None),
        (
            "tasks * on (agent) group_left (version) agents",
            {"agent", "outcome", "job", "version"},
            None,
        ),
        ("agents * on (agent) group_right () tasks", {"agent", "outcome", "job"}, None),
        ("tasks and agents", {"agent", "outcome", "job"}, None),
        ("tasks unless on () vector(1)", {"agent", "outcome", "job"}, None),
        ("sum by (agent) (tasks) or vector(0)", set(), {"agent"}),
        ("sum by (agent) ((tasks or agents))", {"agent"}, {"agent"}),
        ('absent(tasks{agent="a",job=~"b"})', {"agent"}, None),
        ("absent(sum(tasks))", set(), None),
        ("-tasks", {"agent", "outcome", "job"}, None),
        ("max_over_time(sum by (agent) (tasks)[1h:])", {"agent"}, None),
        ("sum by (anything) (unheard_of)", {"anything"}, None),
    ],
)
def test_labels_of_an_answer(text: str, every: set[str], some: set[str] | None) -> None:
    shape = METRICS.shape(parse(text))
    assert shape.every == frozenset(every)
    assert shape.some == frozenset(every if some is None else some)


# ---- divisors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2", "(x > 0)", "(x >= 1)", "(x != 0)", "(x < 0)", "count(x)", "count by (a) (x)",
        "clamp_min(x, 1)", "sum(x > 0)", "(x > 0) * 2", "(x > 0) + y", "x and x > 0", "steady",
        "scalar(x > 0)", "time()", "max_over_time((x > 0)[1h:])", "(x > 0 or vector(1))",
    ],
)  # fmt: skip
def test_what_is_never_zero(text: str) -> None:
    assert never_zero(parse(text), {"steady"})


@pytest.mark.parametrize(
    "text",
    [
        "0", "x", "sum(x)", "(x >= 0)", "(x > -1)", "(x > bool 0)", "clamp_min(x, 0)",
        "x and y > 0", "(x > 0 or vector(0))", "(x > 0) - 1", "(x > 0) * y", "rate(x[5m])",
        "unless_x",
    ],
)  # fmt: skip
def test_what_may_be_zero(text: str) -> None:
    assert not never_zero(parse(text), {"steady"})
