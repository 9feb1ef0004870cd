"""Code that reads: places, labels, tests, keys and numbers of a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter.formats.shape import MAX_NUMBER
from exporter.mapping.memory import LONGEST_KEY, short
from exporter.mapping.values import (
    Memo,
    clean,
    cut_function,
    differs,
    elements,
    epoch_seconds,
    keep,
    label_function,
    number,
    seconds_between,
    text,
    whole_text,
)
from spec.mapping import KEPT, Const, Path

if TYPE_CHECKING:
    from exporter.formats.shape import Shape
    from exporter.mapping.code import Code, Scope
    from spec.mapping import Field, Key, LabelRule, Test

_COMPARISONS = {"above": ">", "below": "<", "at_least": ">=", "at_most": "<="}
_FILE = (Path(("$file",)),)
HELPERS = {
    "TEXT": text, "NUMBER": number, "EPOCH": epoch_seconds, "BETWEEN": seconds_between,
    "DIFFERS": differs, "ELEMENTS": elements, "KEEP": keep, "MAX": MAX_NUMBER, "SHORT": short,
    "CLEAN": clean, "WHOLE": whole_text,
}  # fmt: skip


def load(path: Path, code: Code, scope: Scope) -> str:
    """Emit the reading of a place; give the variable that holds it, or `None`."""
    parts = path.parts
    if parts in scope.loaded:
        return scope.loaded[parts]
    head = parts[0]
    if head.startswith("$"):
        return _outside(parts, code, scope)
    if head in scope.loops:
        current, key, shape = scope.loops[head]
        rest = parts[1:]
        if rest == ("$key",):
            return key
        certain = False
    else:
        current, shape, rest, certain = "e", scope.root, parts, True
        if "e" not in scope.outer:
            return "None"
    for depth, part in enumerate(rest):
        done = parts[: len(parts) - len(rest) + depth + 1]
        if done in scope.loaded:
            current, shape, certain = scope.loaded[done], shape.children[part], False
            continue
        current = _step(current, shape, part, code, certain=certain)
        if part == "$count":
            break
        shape, certain = shape.children[part], False
        scope.loaded[done] = current
    return current


def _outside(parts: tuple[str, ...], code: Code, scope: Scope) -> str:
    """Emit the reading of a `$name`: not in the line, but known of it. Times are in seconds."""
    name = parts[0][1:]
    if parts[0] == KEPT:
        return scope.outer.get(f"{KEPT} {parts[1]}", "None")
    if name in scope.known and len(parts) == 1:
        # Not noted as loaded: another rule of the same line may remember something else.
        told = code.variable()
        code.emit(f"{told} = {scope.known[name]}.get({name!r})")
        return told
    source = scope.outer.get(name, "None") if len(parts) == 1 else "None"
    if parts != ("$time",) or source == "None":
        return source
    variable = code.variable()
    code.emit(f"{variable} = {source}.timestamp() if {source} is not None else None")
    scope.loaded[parts] = variable
    return variable


def _step(current: str, shape: Shape, part: str, code: Code, *, certain: bool) -> str:
    """Emit one step into an object, which may not be there or be something else."""
    variable = code.variable()
    if part == "$count":
        code.emit(f"{variable} = len({current}) if isinstance({current}, (dict, list)) else None")
        return variable
    access = f"{current}.{shape.attribute(part)}"
    if certain:
        code.emit(f"{variable} = {access}")
    elif shape.itself:  # a scalar in one line, an object in another
        struct = code.constant(shape.struct, "S")
        code.emit(f"{variable} = {access} if {current}.__class__ is {struct} else None")
    else:
        code.emit(f"{variable} = {access} if {current} is not None else None")
    return variable


def first_of(of: Field, code: Code, scope: Scope) -> str:
    """Emit the reading of the first place that is there; give its variable or literal."""
    if len(of) == 1:
        return repr(of[0].text) if isinstance(of[0], Const) else load(of[0], code, scope)
    variable = code.variable()
    code.emit(f"{variable} = {first_of(of[:1], code, scope) if of else None}")
    depth = code.depth
    inner = scope
    for one in of[1:]:
        code.emit(f"if {variable} is None:")
        code.depth += 1
        inner = inner.inner()
        code.emit(f"{variable} = {first_of((one,), code, inner)}")
    code.depth = depth
    return variable


def as_text(of: Field, code: Code, scope: Scope) -> str:
    """Emit the reading of a field as a text or None."""
    source = first_of(of, code, scope)
    if source == "None" or source.startswith(("'", '"')):
        return source
    variable = code.variable()
    other = f"None if {source} is None else TEXT({source})"
    code.emit(f"{variable} = {source} if {source}.__class__ is str else {other}")
    return variable


def _first_text(of: Field, code: Code, scope: Scope) -> str:
    """Emit the reading of the first place that holds a text, and not an empty one; or None."""
    if len(of) < 2:  # noqa: PLR2004 (there is no second)
        return as_text(of, code, scope)
    variable = code.variable()
    depth = code.depth
    code.emit(f"{variable} = {as_text(of[:1], code, scope)}")
    for one in of[1:]:
        code.emit(f"if not {variable}:")
        code.depth += 1
        scope = scope.inner()
        code.emit(f"{variable} = {as_text((one,), code, scope)}")
    code.depth = depth
    return variable


def whole(of: Field, code: Code, scope: Scope) -> str:
    """Emit the reading of whatever stands in a field as a text to compare with, or its digest."""
    source = first_of(of, code, scope)
    variable = code.variable()
    code.emit(f"{variable} = {source} if {source}.__class__ is str else WHOLE({source})")
    _shorten(variable, code)
    return variable


def _shorten(variable: str, code: Code) -> None:
    with code.block(f"if {variable} is not None and len({variable}) > {LONGEST_KEY}:"):
        code.emit(f"{variable} = SHORT({variable})")


def label(rule: LabelRule, code: Code, scope: Scope) -> str:
    """Emit the making of a label's value; give its variable, or a literal where it is constant."""
    known = scope.labels.get(repr(rule))
    if known is not None:
        return known[1]
    function = label_function(rule)
    if all(isinstance(part, Const) for part in rule.of):
        constant = next((part.text for part in rule.of if isinstance(part, Const)), "")
        return repr(function(constant) if constant else rule.absent)
    first = first_of(rule.of[:1], code, scope)
    if first == "None" and len(rule.of) == 1:
        return repr(rule.absent)
    bare = not (rule.match or rule.classes) and rule.table is None
    variable = code.variable("l")
    code.emit(f"{variable} = {first}")
    # Nearly always the first place holds a text, and the rest need not be looked at.
    with code.block(f"if {variable}.__class__ is not str or not {variable}:"):
        text_of = _first_text(rule.of, code, scope.inner())
        code.emit(f"{variable} = {text_of} or {rule.absent if bare else ''!r}")
    if rule.match or rule.classes:
        memo = code.constant(Memo(function), "MEMO")
        code.emit(f"{variable} = {memo}[{variable}] if {variable} else {rule.absent!r}")
    elif rule.table is not None:
        table = code.constant(dict(rule.table), "TABLE")
        other = variable if rule.other is None else repr(rule.other)
        code.emit(
            f"{variable} = {table}.get({variable}, {other}) if {variable} else {rule.absent!r}"
        )
    if not any(isinstance(part, Path) and part.parts[0][1:] in scope.known for part in rule.of):
        scope.labels[repr(rule)] = (rule, variable)
    return variable


def condition(test: Test, code: Code, scope: Scope) -> str:
    """Emit what a test needs; give the expression that answers it."""
    answer = _answer(test, code, scope)
    return f"not ({answer})" if test.negated else answer


def _answer(test: Test, code: Code, scope: Scope) -> str:
    if test.op == "is":
        values = test.operand if isinstance(test.operand, tuple) else ()
        return f"{as_text((test.path,), code, scope)} in {values!r}"
    source = load(test.path, code, scope)
    if test.op == "exists":
        return f"{source} is {'not ' if test.operand else ''}None"
    if test.op == "matches":
        search = code.constant(re.compile(str(test.operand)).search, "SEARCH")
        return f"{source}.__class__ is str and {search}({source}) is not None"
    if test.op == "differs_from_sum_of":
        parts = test.operand if isinstance(test.operand, tuple) else ()
        return f"DIFFERS({source}, {_all_of(parts, code, scope)})"
    variable = code.variable()
    code.emit(f"{variable} = NUMBER({source})")
    return (
        f"{variable}.__class__ is not str and {variable} {_COMPARISONS[test.op]} {test.operand!r}"
    )


def _all_of(parts: tuple[str, ...], code: Code, scope: Scope) -> str:
    """Give an expression for a list of what stands at `a.*.b`, in every element of a."""
    at = parts.index("*")
    walked = load(Path(parts[:at]), code, scope)
    looped = scope.loops.get(parts[0])
    shape = looped[2] if looped else scope.root
    for part in parts[1 if looped else 0 : at]:
        shape = shape.children[part]
    element = shape.element
    inner = "x"
    for part in parts[at + 1 :]:
        if element is not None:
            struct = code.constant(element.struct, "S")
            inner = (
                f"({inner}.{element.attribute(part)} if {inner}.__class__ is {struct} else None)"
            )
            element = element.children[part]
    return f"[{inner} for _, x in ELEMENTS({walked})]"


def key(of: Key, code: Code, scope: Scope) -> tuple[str, str]:
    """Emit the making of a key; give its variable, and the expression that says it is lacking."""
    parts = []
    for part, expression in of.parts:
        if part == _FILE and expression is None and "file" in scope.outer:
            parts.append("stream_key")  # made once a block
            continue
        variable = code.variable("k")
        source = as_text(part, code, scope)
        if expression is not None:
            memo = code.constant(Memo(cut_function(expression)), "MEMO")
            source = f"({memo}[{source}] if {source} else None)"
        code.emit(f"{variable} = {source} or None")
        _shorten(variable, code)
        parts.append(variable)
    if len(parts) == 1:
        return parts[0], f"{parts[0]} is None"
    lacking = " and ".join(f"{part} is None" for part in parts)
    return f"({', '.join(parts)})", lacking
