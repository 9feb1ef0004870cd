"""What could not be read is shown by its shape, and never by its words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exporter.mapping.samples import LONGEST, MOST, Samples, masked
from spec.load import load_preset
from tests.compiled import Compiled

PRESET, FAMILIES = load_preset("hardened-agent")


def test_a_line_keeps_its_shape_and_loses_its_words() -> None:
    line = b'{"event_type": "llm_call", "prompt": "Tell no-one: caf\xc3\xa9 42", "n": 1.5e3, \xff'
    assert (
        masked(line) == '{"xxxxx_xxxx": "xxx_xxxx", "xxxxxx": "xxxx xx-xxx: xxxx 00", "x": 0.0x0, x'
    )


@given(st.text() | st.binary())
def test_no_letter_and_no_digit_is_ever_told(line: str | bytes) -> None:
    shown = masked(line)
    assert not {c for c in shown if c.isalnum()} - {"x", "0"}
    assert len(shown) <= LONGEST + 1


def test_a_few_samples_of_each_reason_are_kept_and_repeats_are_not() -> None:
    one = Compiled((PRESET,), FAMILIES)
    one.feed("no json", "[1]")
    one.feed("no json")
    for number in range(10):
        one.feed("{" * (number + 1))
    samples: Samples = one.engine.samples
    assert samples.text("malformed").splitlines() == ["xx xxxx", "{", "{{"]
    assert samples.text("not_an_object") == "[0]"
    assert len(samples.kept["malformed"]) == MOST
