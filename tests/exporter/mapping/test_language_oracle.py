"""Random mappings that use every verb of the language, over random lines, against the oracle."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spec.load import load_preset
from tests.oracle.compare import agree
from tests.oracle.lines import JUNK, TIMES, Kinds, cuts, lines

Part: TypeAlias = dict[str, Any]

LABELS = ["agent", "l"]
FAMILIES = {
    "own_total": {"type": "counter", "help": "Counts.", "labels": LABELS},
    "own_usd_total": {"type": "counter", "help": "Money.", "labels": LABELS, "unit": "usd"},
    "own_seconds": {
        "type": "histogram", "help": "Times.", "labels": LABELS, "unit": "s",
        "buckets": [0.001, 0.3, 5],
    },
    "own_bytes": {"type": "gauge", "help": "A level.", "labels": LABELS, "unit": "bytes"},
    "own_time_seconds": {"type": "gauge", "help": "A time.", "labels": LABELS, "unit": "s"},
    "own_open": {"type": "gauge", "help": "Open pairs.", "labels": LABELS},
    "own_state": {"type": "stateset", "help": "A state.", "labels": [*LABELS, "s"], "state": "s"},
    "own_info": {"type": "info", "help": "A version.", "labels": [*LABELS, "v"], "replaced": ["v"]},
}  # fmt: skip

# xs and zs are walked, o is dotted; a loop may be called `a` and then hides the line's own `a`.
OUTSIDE = ("a", "b", "kind", "n", '"x.y"', "o.p", "o.q.r", "xs.$count", "$file", "$m", "$w")
INSIDE = {
    "x": ("x.v", "x.w", "x.$key", "x.ys.$count"),
    "a": ("a.v", "a.$key"),
    "y": ("y", "y.$key"),
}
LOOPS: tuple[dict[str, str], ...] = (
    {}, {}, {}, {"x": "xs"}, {"a": "zs"}, {"x": "xs", "y": "x.ys"}, {"y": "zs"},
)  # fmt: skip

KINDS = Kinds(
    {
        "kind": ('"p"', '"q"', '"r"', "1"),
        "t": (*TIMES, "null"),
        "u": (*TIMES, "1732734558.75", "1732734550"),
        "a": ('"1"', "1", "true", '"f-12"', '"g-7"', '{"v": 2}'),
        "b": ('"u"', '"v"', "0.25", '""'),
        "n": ("1", "2.5", "300", '"4"', "-1"),
        "x.y": ('"k1"', '"k2"'),
        "o": ('{"p":3,"q":{"r":"deep"}}', '{"p":"5"}', '{"q":7}'),
        "xs": (
            '[{"v":1,"w":"a"},{"v":2,"ys":[1,"2"]}]', '{"k":{"v":"1","w":true},"j":3}', "[]",
            "[[1],{}]",
        ),
        "zs": ('[{"v":9},"s",null]', '{"m":{"v":0.5}}', "5"),
        "id": ('"i1"', '"i2"', "3"),
    }
)  # fmt: skip


def places(loops: dict[str, str]) -> st.SearchStrategy[str]:
    hidden = [p for p in OUTSIDE if p.split(".")[0] not in loops]
    if "a" in loops:  # its elements are objects, and `a.v` is dotted: nothing else may be
        hidden = [p for p in hidden if p != "a"]
    return st.sampled_from([*hidden, *(p for name in loops for p in _of_loop(name, loops))])


def _of_loop(name: str, loops: dict[str, str]) -> tuple[str, ...]:
    if name == "y" and loops["y"] == "zs":
        return ("y.v", "y.$key")
    return INSIDE[name]


def label(loops: dict[str, str]) -> st.SearchStrategy[Any]:
    place = st.one_of(places(loops), st.just("=c"))
    of = st.one_of(place, st.lists(place, min_size=1, max_size=3))
    other = st.sampled_from(("", "rest", 5))
    rule = st.fixed_dictionaries(
        {"of": of},
        optional={
            "match": st.sampled_from((r"([a-z])-", r"(\d+)", "(z)?u")),
            "absent": st.just("none"),
        },
    )
    table = st.builds(
        lambda r, e: {**r, "map": {"1": "one", "u": "U"}, **e}, rule, _maybe("else", other)
    )
    classes = st.builds(
        lambda r, e: {**r, "classify": {"num": r"^\d", "let": "^[a-z]"}, **e},
        rule,
        _maybe("else", other),
    )
    return st.one_of(of, rule, table, classes, rule.map(lambda r: {**r, "else": "rest"}))


def _maybe(key: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Part]:
    return st.one_of(st.just({}), value.map(lambda v: {key: v}))


def conditions(loops: dict[str, str]) -> st.SearchStrategy[Part]:
    plain: st.SearchStrategy[Any] = st.one_of(
        st.sampled_from(("1", "u", "", 1, True, 0.25)),
        st.lists(st.sampled_from(("1", "f-12", "k1", "", 9)), min_size=1, max_size=3),
        st.builds(lambda e: {"exists": e}, st.booleans()),
        st.builds(lambda o, n: {o: n}, st.sampled_from(("above", "below", "at_least", "at_most")),
                  st.sampled_from((1, 2.5, -1))),
        st.just({"matches": "^[a-k]"}),
    )  # fmt: skip
    one = st.one_of(plain, plain.map(lambda test: {"not": test}))
    some = st.dictionaries(places(loops), one, max_size=2)
    differs = st.just({"n": {"differs_from_sum_of": "xs.*.v"}})
    return st.one_of(some, some, st.builds(lambda a, b: {**a, **b}, some, differs))


def key(loops: dict[str, str]) -> st.SearchStrategy[Any]:
    part = st.one_of(
        st.just("id"), places(loops), places(loops).map(lambda p: {"of": p, "match": "(.)"})
    )
    return st.one_of(st.just("id"), part, st.lists(part, min_size=1, max_size=3))


def bounds() -> st.SearchStrategy[Part]:
    return st.fixed_dictionaries(
        {}, optional={"limit": st.integers(1, 3), "for": st.sampled_from(("1s", "3s", "1d"))}
    )


def remembered(loops: dict[str, str]) -> st.SearchStrategy[Part]:
    place = places(loops)
    of = st.one_of(place, st.lists(place, min_size=1, max_size=2).map(lambda ps: {"of": ps}))
    return st.dictionaries(st.sampled_from("mw"), of, max_size=2)


def updates(loops: dict[str, str], *, grow: bool) -> st.SearchStrategy[Part]:
    """Give what an event moves. `grow`: there is something to add, and nothing to observe."""
    place = places(loops)
    of = st.one_of(place, st.just("n"), st.lists(place, min_size=1, max_size=2))
    more = st.fixed_dictionaries(
        {}, optional={"absent": st.just("skip"), "labels": st.just({"l": "b"})}
    )
    minus = _maybe("minus", st.one_of(place, st.lists(place, min_size=1, max_size=2)))

    def number(verb: str, *units: str) -> st.SearchStrategy[Part]:
        unit = _maybe("unit", st.sampled_from(units)) if units else st.just({})
        return st.builds(lambda o, m, u, x: {verb: o, **m, **u, **x}, of, minus, unit, more)

    table = st.builds(
        lambda o, m, e, a: {"set": {"of": o, **m, **e, **a}},
        of,
        _maybe("map", st.just({"u": 1, "v": 2.5})),
        _maybe("else", st.just(-1)),
        _maybe("absent", st.just(7)),
    )
    instant = st.sampled_from(("t", "b", "n", "u"))
    time = st.builds(lambda o, x: {"set": o, "unit": "time", **x}, instant, more)

    def span(verb: str) -> st.SearchStrategy[Part]:
        start = st.one_of(instant, instant.map(lambda i: [{"of": [i, "t"]}]))
        return st.builds(
            lambda end, s, x: {verb: end, "minus": s, "unit": "time", **x}, instant, start, more
        )

    add = number("add")
    several = st.lists(st.one_of(add, st.just("inc")), min_size=1, max_size=2)
    took = st.one_of(number("observe", "s", "ms", "min"), span("observe"))
    observed = {} if grow else {"own_seconds": took}
    return st.fixed_dictionaries(
        {"own_usd_total": number("add", "usd", "cents")} if grow else {},
        optional={
            "own_total": st.one_of(
                st.just("inc"), add, st.builds(lambda a, more: [a, *more], add, several),
            ),
            **({} if grow else {"own_usd_total": number("add", "usd", "cents")}),
            **observed,
            "own_bytes": st.one_of(number("set", "kib"), table),
            "own_time_seconds": st.one_of(time, span("set"), st.just({"set": "$time"})),
            "own_state": label(loops).map(lambda rule: {"set": rule}),
            "own_info": st.just({"set": "=1", "labels": {"v": "b"}}),
            **_of_sessions(of),
        },
    )  # fmt: skip


def _of_sessions(of: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Part]]:
    """Give what sessions sum up."""
    tokens = {"labels": {"model": "b", "type": "=input"}}
    money = {"labels": {"model": "b", "component": "=llm"}}
    unit = _maybe("unit", st.just("cents"))
    return {
        "agent_token_usage_total": of.map(lambda o: {"add": o, **tokens}),
        "agent_cost_usd_total": st.builds(lambda o, u: {"add": o, **u, **money}, of, unit),
    }


@st.composite
def event(draw: st.DrawFn) -> Part:
    loops = draw(st.sampled_from(LOOPS))
    memory = draw(st.sampled_from(("", "dedupe", "streak", "max", "max", "delta", "delta")))
    made: Part = {
        "when": draw(conditions(loops)),
        "each": loops,
        "labels": {"l": draw(label(loops))},
        "remember": draw(remembered(loops)),
        "update": draw(updates(loops, grow=memory in {"max", "delta"})),
    }
    if "kind" in made["when"] or draw(st.integers(0, 3)):
        made["when"] = {**made["when"], "kind": draw(st.sampled_from(("p", ["p", "q"], [1, "r"])))}
    if memory == "dedupe" or (memory == "delta" and draw(st.booleans())):
        by = draw(key(loops))
        made["dedupe"] = draw(st.one_of(st.just(by), bounds().map(lambda b: {"by": by, **b})))
    if memory == "max":
        made["dedupe"] = {"by": draw(key(loops)), "keep": "max", **draw(bounds())}
    if memory == "delta":
        begin = st.fixed_dictionaries(
            {}, optional={"restarts": st.booleans(), "first": st.sampled_from(("skip", "count"))}
        )
        made["delta"] = {"by": draw(key(loops)), **draw(begin), **draw(bounds())}
    if memory == "streak" or (memory and not draw(st.integers(0, 3))):
        of = draw(st.one_of(places(loops), st.lists(places(loops), min_size=2, max_size=2)))
        at = draw(st.integers(2, 3))
        made["streak"] = {"of": of, "by": draw(key(loops)), "at": at, **draw(bounds())}
    return made


@st.composite
def pairs(draw: st.DrawFn) -> list[Part]:
    start: Part = {
        "when": {"kind": "p"},
        "pair": {"start": "P", "by": draw(key({}))},
        "labels": {"l": "b"},
    }
    if draw(st.booleans()):
        start["pair"]["in_progress"] = "own_open"
    if draw(st.booleans()):
        start["pair"]["limit"] = draw(st.integers(1, 2))
    update: Part = {"own_total": "inc", "own_seconds": {"observe": "$duration", "absent": "skip"}}
    end: Part = {
        "when": {"kind": "q"},
        "pair": {"end": "P", "by": start["pair"]["by"]},
        "update": update,
    }
    if draw(st.booleans()):
        end["labels"] = {"agent": draw(label({}))}
    given_up: Part = {"abandoned": "P", "labels": {"l": "=gone"}, "update": {"own_total": "inc"}}
    return [start, end, given_up]


@st.composite
def mappings(draw: st.DrawFn) -> Part:
    events = draw(st.lists(event(), min_size=1, max_size=4))
    if draw(st.booleans()):
        events += draw(pairs())
    # Something is remembered always: any place may be $m or $w.
    told: Part = {"when": {"kind": "r"}, "remember": {"m": "b", "w": ["id", '"x.y"']}}
    events.insert(draw(st.integers(0, len(events))), told)
    names = ("a", "id", "$m", "$file", {"of": ["$w", "b"], "match": "(.)", "absent": "none"})
    session = draw(_maybe("session", st.sampled_from(names)))
    return {
        **session,
        "families": FAMILIES,
        "time": draw(st.sampled_from(("t", {"of": ["n", "t"], "unit": "ms"}))),
        "labels": {"agent": draw(st.sampled_from(("a", "=me", {"of": "b", "absent": "nobody"})))},
        **draw(_maybe("remember_by", st.sampled_from(("id", ["b", "n"], {"of": ["id", "b"]})))),
        "events": [{"name": f"e{number}", **one} for number, one in enumerate(events)],
    }


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(mappings(), st.data())
def test_any_mapping_gives_the_oracles_totals(mapping: Part, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "own.yaml"
        path.write_text(json.dumps(mapping), encoding="utf-8")
        preset, families = load_preset(str(path))
    blocks = data.draw(cuts(data.draw(lines(KINDS, 15))))
    turn = st.tuples(
        st.sampled_from(("/a.jsonl", "/a.jsonl", f"/{'long' * 20}")),
        st.sampled_from(("", "", "commit", "whole", "restart")),
    )
    turns = data.draw(st.lists(turn, min_size=len(blocks), max_size=len(blocks)))
    agree((preset,), families, blocks, turns)


def test_junk_is_json_or_refused_by_everybody() -> None:
    assert len(set(JUNK)) == len(JUNK)
