"""Our own YAML, against PyYAML's: the same bytes for whatever is written."""

from __future__ import annotations

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.yaml_text import dump, dumped
from tests.generator.targets.fleets import LOADER, made

ODD = " \n\t'\":#-?ab0|>{}[]~=,&*!%@`<.\x07\x85\u2028\ufeffé\U0001f4a3"
TEXTS = st.text(max_size=12) | st.text(alphabet=ODD, max_size=10)
LEAVES = TEXTS | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(VALUES, max_size=2) | st.dictionaries(TEXTS, VALUES, max_size=2))
@example({"a": [{"b": "line\n\nline\n"}, [" x\ny", "", "null", "2026-01-01", "0x1"]], "y": "on"})
@example({True: 1, 1.5: None, "": [], "two\nlines": {}})
def test_it_is_spelt_as_pyyaml_spells_it(value: object) -> None:
    assert dump(value, "") == dumped(value)


def test_all_that_is_generated_is_spelt_as_pyyaml_spells_it() -> None:
    for path, text in made().items():
        if path.endswith((".yaml", ".yml")):
            body = "".join(
                line for line in text.splitlines(keepends=True) if not line.startswith("# ")
            )
            # Not the rule tests: they are long and like each other.
            if "/tests/" not in path and len(text) < 100_000:
                document = yaml.load(text, LOADER)  # noqa: S506 (a safe one)
                assert dumped(document) == body, path


def test_the_header_is_a_comment() -> None:
    assert dump({"a": 1}, "One.\n\nTwo.") == "# One.\n#\n# Two.\na: 1\n"
