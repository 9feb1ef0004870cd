"""Code that notes for the session of an event when it happened and what it used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.mapping import read_code as read
from exporter.mapping.cells import scaled
from exporter.store.sessions import CHANGED, MONEY_SPENT, NEWEST, OLDEST, TOKENS, new_record

if TYPE_CHECKING:
    from exporter.mapping.code import Code, Scope
    from exporter.mapping.plan import Rule
    from exporter.mapping.runtime import Runtime
    from spec.mapping import Update

_FIGURES = {"agent_token_usage_total": TOKENS, "agent_cost_usd_total": MONEY_SPENT}


@dataclass(frozen=True, slots=True)
class Session:
    """The variable that holds the record of an event's session, or what nobody reads."""

    variable: str

    def note(self, update: Update, amount: str, code: Code) -> None:
        """Emit what an amount adds to the session. Money is in trillionths."""
        multiply, divide = update.scale
        if update.scale != (1, 1) and update.family.name in _FIGURES:
            code.names["SCALED"] = scaled
            amount = f"SCALED({amount}, ({multiply}, {divide}))"
        self.spend(update, amount, code)

    def spend(self, update: Update, amount: str, code: Code) -> None:
        """Emit the same of an amount that is in the family's base unit, such as an estimate."""
        figure = _FIGURES.get(update.family.name)
        if figure is None:
            return
        place = f"{self.variable}[{figure}]"
        with code.block("try:"):
            code.emit(f"{place} += {amount}")
        with code.block("except TypeError:"):
            code.emit(f"{place} = {amount}")


def follows_sessions(rule: Rule, run: Runtime) -> bool:
    """Tell whether a rule's events are noted for their sessions: it has lines that name them."""
    told = rule.mapping.session is not None and "agent" in rule.event.labels
    return told and run.ledger.sessions is not None and rule.event.abandoned is None


def session_of(rule: Rule, agent: str, code: Code, scope: Scope, run: Runtime) -> Session:
    """Emit the look-up of an event's session, and note its time.

    `agent` is the variable or literal of the agent's name.
    """
    told, sessions = rule.mapping.session, run.ledger.sessions
    assert told is not None, rule.name  # noqa: S101 (see above)
    assert sessions is not None, rule.name  # noqa: S101 (the same)
    name = read.label(told, code, scope)
    records = code.constant(sessions.of(run.ledger.name), "SESSIONS")
    begin = code.constant(run.ledger.session, "SESSION")
    record = code.variable("session")
    nobody = code.constant(new_record(), "NOBODY")
    with code.block(f"if not {name}:"):
        code.emit(f"{record} = {nobody}")
    with code.block("else:"):
        with code.block("try:"):
            code.emit(f"{record} = {records}[{agent}][{name}]")
        with code.block("except KeyError:"):
            code.emit(f"{record} = {begin}({agent}, {name})")
        code.emit(f"{record}[{CHANGED}] = True")
        if (time := scope.outer.get("time")) is not None:
            _note_time(record, time, code)
    return Session(record)


def _note_time(record: str, time: str, code: Code) -> None:
    """Emit what a time says of a session; nearly always it is the newest."""
    with code.block(f"if {time} is not None:"):
        with code.block(f"if {time} > {record}[{NEWEST}]:"):
            code.emit(f"{record}[{NEWEST}] = {time}")
            with code.block(f"if {record}[{OLDEST}] is None:"):
                code.emit(f"{record}[{OLDEST}] = {time}")
        with code.block(f"elif {record}[{OLDEST}] is None or {time} < {record}[{OLDEST}]:"):
            code.emit(f"{record}[{OLDEST}] = {time}")
