"""Code that reads the number of an update, and rejects what is none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.plan import find
from spec.mapping import Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.mapping.code import Code, Scope
    from exporter.mapping.plan import Rule
    from spec.mapping import Update

_LARGE_INTEGER = 2**53


@contextmanager
def number_of(rule: Rule, update: Update, code: Code, scope: Scope) -> Iterator[str]:
    """Emit the reading of an update's number, and give the variable that holds it.

    It holds None where it is skipped or rejected; what is emitted inside happens only where it is
    good. The number is as the log writes it, before its unit is changed.
    """
    reader, minus = "NUMBER", update.minus
    if update.time:
        reader, minus = "BETWEEN" if minus else "EPOCH", ()
    source = _span(update, code, scope) if reader == "BETWEEN" else raw(update, code, scope)
    checked = "ANY_NUMBER" if update.verb == "set" else "AMOUNT"
    value = code.variable("n")
    if update.time or update.minus or source == "None" or update.verb == "set":
        parts = "".join(f"{read.first_of(of, code, scope)}, " for of in minus)
        code.emit(
            f"{value} = {checked}"
            f"({reader}, {source}, ({parts}), {rule.number}, {update.skip_absent})"
        )
    else:
        code.emit(f"{value} = {source}")
        if _surely_amount(update, scope):
            with code.block(f"if {value} is not None:"):
                yield value
            if not update.skip_absent:
                with code.block("else:"):
                    code.emit(f"REJECT({rule.number}, 'missing')")
            return
        # Whole numbers are compared with a whole number: Python is slow where the kinds differ.
        whole = f"{value}.__class__ is int and 0 <= {value} < {_LARGE_INTEGER}"
        fine = f"{whole} or {value}.__class__ is float and 0.0 <= {value} <= MAX"
        with code.block(f"if not ({fine}):"):
            call = f"{checked}(NUMBER, {value}, (), {rule.number}, {update.skip_absent})"
            code.emit(f"{value} = {call}")
    with code.block(f"if {value} is not None:"):
        yield value


def _span(update: Update, code: Code, scope: Scope) -> str:
    """Emit the reading of two points in time; give a pair, or None where one is not there."""
    end = raw(update, code, scope)
    start = read.first_of(update.minus[0], code, scope)
    both = code.variable("both")
    there = f"{end} is not None and {start} is not None"
    code.emit(f"{both} = ({end}, {start}) if {there} else None")
    return both


def raw(update: Update, code: Code, scope: Scope) -> str:
    """Emit the reading of what an update takes, through its table of texts where it has one."""
    if update.table is None:
        return read.first_of(update.of, code, scope)
    source = read.as_text(update.of, code, scope)
    table = code.constant(dict(update.table), "TABLE")
    other = source if update.table_other is None else repr(update.table_other)
    return f"({table}.get({source}, {other}) if {source} else {update.table_absent!r})"


def _surely_amount(update: Update, scope: Scope) -> bool:
    """Tell whether the decoder lets nothing but amounts into the place."""
    place = find(scope.root, {}, update.of[0]) if isinstance(update.of[0], Path) else None
    return scope.strict and not scope.loops and place is not None and place.only_amount
