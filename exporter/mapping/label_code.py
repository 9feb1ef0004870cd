"""Code that makes an event's labels: of the line, or as the start of a pair kept them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.mapping import read_code as read

if TYPE_CHECKING:
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Update


def event_label(rule: Rule, name: str, code: Code, scope: Scope, run: Runtime) -> str:
    """Emit a label's value: the start's, where the pair keeps it, else the line's own."""
    if name in rule.event.kept and "started" in scope.outer:
        kept = list(run.plan.start_of(rule).event.labels)
        return f"{scope.outer['started']}.kept[{kept.index(name)}]"
    return read.label(rule.event.labels[name], code, scope)


def update_label(  # noqa: PLR0917 (what it emits from, what it emits to)
    rule: Rule, update: Update, name: str, code: Code, scope: Scope, run: Runtime
) -> str:
    """Emit the value of a label that an update may give itself."""
    if name in update.labels:
        return read.label(update.labels[name], code, scope)
    return event_label(rule, name, code, scope, run)
