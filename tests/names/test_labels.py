"""A label under another name is made of what our own label says, whatever its rule looks like."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from spec.mapping import Const, LabelRule, Path
from spec.model import Way
from spec.names import changed, changed_rule
from tests.oracle.interpreter import Seen, label

TEXTS = st.sampled_from(("", "a", "b", "ab", "a.b", "big", "none"))
SIGNS = st.sampled_from(("^a", "b$", "big|none", "."))
TABLES = st.dictionaries(TEXTS, TEXTS, max_size=3)
CLASSES = st.lists(st.tuples(TEXTS, SIGNS), min_size=1, max_size=3).map(tuple)
SHAPES = st.sampled_from(("bare", "table", "classes"))


@st.composite
def rules(draw: st.DrawFn) -> LabelRule:
    shape = draw(SHAPES)
    return LabelRule(
        of=draw(st.sampled_from(((Path(("x",)),), (Path(("x",)), Path(("y",))), (Const("a"),)))),
        match=draw(st.sampled_from((None, "(.)", "a(.*)"))),
        table=draw(TABLES) if shape == "table" else None,
        classes=draw(CLASSES) if shape == "classes" else (),
        other=draw(st.one_of(st.none(), TEXTS)),
        absent=draw(TEXTS),
    )


@st.composite
def ways(draw: st.DrawFn) -> Way:
    shape = draw(SHAPES)
    if shape == "classes":
        return Way("x", classes=draw(CLASSES), other=draw(TEXTS))
    if shape == "table":
        return Way("x", table=draw(TABLES), other=draw(st.one_of(st.none(), TEXTS)))
    return Way("x")


@settings(max_examples=200, deadline=None)
@example(LabelRule((Path(("x",)),), table={"big": "a"}), Way("x", table={"b": "ab"}), {"x": "b"})
@given(rules(), ways(), st.dictionaries(st.sampled_from("xy"), TEXTS))
def test_it_gives_what_the_way_makes_of_our_label(
    rule: LabelRule, way: Way, line: dict[str, str]
) -> None:
    seen = Seen(dict(line), {})
    assert label(changed_rule(rule, way), seen) == changed(label(rule, seen), way)
