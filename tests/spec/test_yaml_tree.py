"""YAML becomes a tree with places: YAML 1.2's scalars, no code, no growth without bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.problems import Mark, SpecError
from spec.yaml_tree import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse_tree, plain_scalar, read_tree

if TYPE_CHECKING:
    from pathlib import Path


def tree(text: str) -> object:
    root, problems = parse_tree(text, "a.yaml")
    assert problems == []
    return root.plain()


def refused(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse_tree(text, "a.yaml")
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("y", "y"), ("true", True), ("false", False), ("True", "True"),
        ("null", None), ("~", None), ("", None), ("12", 12), ("-12", -12), ("+12", 12), ("012", 12),
        ("0x1f", "0x1f"), ("0o17", "0o17"), ("12:30:45", "12:30:45"), ("1_000", "1_000"),
        ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("1.2.3", "1.2.3"), ("1e", "1e"),
        ("2024-01-01", "2024-01-01"), (".inf", ".inf"), (".nan", ".nan"), ("'12'", "12"),
        ('"true"', "true"), ("5m", "5m"), ("50%", "50%"), ("=text", "=text"), ("=", "="),
        ("<<", "<<"),
        ("9" * 200, "9" * 200),
    ],
)  # fmt: skip
def test_scalars_are_read_by_the_core_schema(written: str, value: object) -> None:
    assert tree(f"a: {written}") == {"a": value}


@given(st.text())
def test_any_plain_scalar_is_read(text: str) -> None:
    assert isinstance(plain_scalar(text), str | int | float | bool | None)


def test_every_value_and_key_knows_its_place() -> None:
    root, _ = parse_tree("a:\n  b: [1, {c: 2}]\n'd e': |\n  text\n", "a.yaml")
    assert root.at(("a", "b", 1, "c")).mark == Mark("a.yaml", 2, 14)
    assert root.at(("a", "b", 1, "c")).path == ("a", "b", "1", "c")
    assert root.at(("a", "b", 1)).keys == {"c": Mark("a.yaml", 2, 11)}
    assert root.keys == {"a": Mark("a.yaml", 1, 1), "d e": Mark("a.yaml", 3, 1)}
    assert root.at(("d e",)).mark == Mark("a.yaml", 3, 8)


def test_a_key_given_twice_is_told_and_the_first_counts() -> None:
    root, problems = parse_tree("a: 1\nb: 2\na: 3\n", "a.yaml")
    assert root.plain() == {"a": 1, "b": 2}
    assert [str(p) for p in problems] == ["a.yaml:3:1: a: is given twice; the first is in line 1"]


def test_aliases_are_copies_at_their_own_path() -> None:
    root, _ = parse_tree("a: &x {k: [1]}\nb: *x\nc: [*x]\n", "a.yaml")
    assert root.plain() == {"a": {"k": [1]}, "b": {"k": [1]}, "c": [{"k": [1]}]}
    copy = root.at(("c", 0, "k", 0))
    assert (copy.path, copy.mark) == (("c", "0", "k", "0"), Mark("a.yaml", 1, 12))


def test_an_anchor_may_be_set_again() -> None:
    assert tree("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_tags_are_told_and_do_nothing() -> None:
    root, problems = parse_tree("a: !!int 5\nb: !custom {c: d}\n", "a.yaml")
    assert root.plain() == {"a": 5, "b": {"c": "d"}}
    assert [str(p) for p in problems] == [
        "a.yaml:1:4: a: the tag 'tag:yaml.org,2002:int' is not read here; quote texts instead",
        "a.yaml:2:4: b: the tag '!custom' is not read here; quote texts instead",
    ]


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert tree("a: &x {b: 1}\nc:\n  <<: *x\n") == {"a": {"b": 1}, "c": {"<<": {"b": 1}}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.yaml: is empty; start with `version: 1`"),
        ("# nothing\n", "a.yaml: is empty; start with `version: 1`"),
        ("a: [\n", "a.yaml:2:1: is not valid YAML: did not find expected node content"),
        ("a: &a [*a]\n", "a.yaml:1:8: the alias *a has no anchor before it, or refers to itself"),
        ("a: *b\n", "a.yaml:1:4: the alias *b has no anchor before it, or refers to itself"),
        ("? {a: 1}\n: 2\n", "a.yaml:1:3: a key must be a text"),
        (
            "a: 1\n---\nb: 2\n",
            "a.yaml:2:1: holds more than one document; keep the first, drop the `---`",
        ),
        ("a: " + "[" * 100, f"a.yaml:1:67: is nested more than {MAX_DEPTH} deep"),
    ],
)
def test_what_is_no_tree_is_told_in_one_sentence(text: str, said: str) -> None:
    assert refused(text) == said


def test_deep_nesting_costs_nothing() -> None:
    assert refused("[" * 1_000_000).endswith(f"is nested more than {MAX_DEPTH} deep")


def test_a_bomb_of_aliases_is_stopped() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert f"grows to more than {MAX_NODES} values" in refused("\n".join(lines))


def test_a_list_of_too_many_values_is_stopped() -> None:
    assert f"grows to more than {MAX_NODES} values" in refused("- x\n" * (MAX_NODES + 1))


# ---- files ---------------------------------------------------------------------------------------


def said_of(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_tree(path, "a.yaml")
    (problem,) = caught.value.problems
    return str(problem)


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - c\r\n")
    assert read_tree(file)[0].plain() == {"a": 1, "b": ["c"]}


def test_what_is_no_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert said_of(file) == "a.yaml:2:7: is not UTF-8 text"


def test_files_that_cannot_be_read_are_told_with_the_reason(tmp_path: Path) -> None:
    assert said_of(tmp_path) == "a.yaml: cannot be read: is a directory"
    missing = (
        "a.yaml: cannot be read: no such file or directory; `agentgauge init` writes a first one"
    )
    assert said_of(tmp_path / "missing.yaml") == missing
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    assert said_of(loop) == "a.yaml: cannot be read: too many levels of symbolic links"


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert said_of(file) == "a.yaml: is larger than 4 MiB, no spec needs that"


@given(
    st.one_of(
        st.binary(max_size=60), st.text("ab:-[]{},&*!|>'\"\n #?%", max_size=40).map(str.encode)
    )
)
def test_any_bytes_are_a_tree_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(data)
    try:
        root, problems = read_tree(file, "a.yaml")
        marks = [root.mark, *(problem.mark for problem in problems)]
    except SpecError as error:
        marks = [problem.mark for problem in error.problems]
    assert {mark.file for mark in marks} == {"a.yaml"}
