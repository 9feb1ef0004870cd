"""What became of every record of a log, told by the exporter's own engine."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.explaining.conditions import Event, judge
from exporter.explaining.explanation import Explained, Left, Rejected, Taken
from exporter.explaining.fields import AllFields
from exporter.explaining.movements import Movements
from exporter.explaining.reasons import event_time, why_left, why_rejected
from exporter.explaining.shapes import Shapes
from exporter.mapping.cards import Prices
from exporter.mapping.engine import CompiledMapping
from exporter.mapping.ledger import REJECTS_TOTAL, Ledger
from exporter.mapping.values import clean, cut_function, text
from exporter.model import FILE, LINE, Block, Noticed, Reject
from exporter.store.running_time import RunningTime
from exporter.store.sessions import Sessions
from exporter.store.store import Limit, Store
from spec.model import SERIES_LIMIT, TopSessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exporter.explaining.conditions import Verdict
    from exporter.explaining.records import Record
    from exporter.mapping.plan import Rule
    from spec.model import Family
    from spec.model import Source as Declared
    from spec.prices import PriceList

_LINES_TOTAL = "agentgauge_lines_total"
_UNLIMITED = 2**62
_LINE_REASONS = {
    "malformed": "not valid in the format of the log",
    "not_an_object": "a single value or a list, where fields should be",
    "too_deep": "nested too deep",
    "too_long": "longer than the longest line that is read",
    "damaged": "the file is broken inside",
}


class Explainer:
    """Takes the records of one source's files, in order."""

    def __init__(
        self,
        declared: Declared,
        families: Mapping[str, Family],
        prices: PriceList | None = None,
    ) -> None:
        """Compile the source's mappings. Without `prices` those of the shipped table hold."""
        running = RunningTime()
        limit = Limit(SERIES_LIMIT)
        self._store = Store(families, limit, running, constants=declared.labels)
        self._own = Store(families, Limit(_UNLIMITED), running)
        told = any(mapping.session for mapping in declared.mappings)
        sessions = Sessions(families, {"": declared.labels}, TopSessions()) if told else None
        ledger = Ledger(declared.name, self._store, self._own, sessions=sessions)
        self._engine = CompiledMapping(
            declared.mappings,
            families,
            ledger,
            running,
            wrapped=declared.wrapped,
            prices=Prices(prices) if prices else None,
        )
        self._rules = self._engine.plan.rules
        self._alone = len(declared.mappings) == 1
        self._fields = AllFields(declared.mappings, declared.wrapped)
        self._mappings = declared.mappings
        self._shapes = Shapes(rule.event for rule in self._rules)
        self._movements = Movements(self._store, declared.labels)
        self._names: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._lines: Counter[str] = Counter()
        self._rejects: Counter[tuple[str, str]] = Counter()

    @property
    def rules(self) -> tuple[str, ...]:
        """Name the rules, in their order."""
        return tuple(self._named(rule) for rule in self._rules)

    def explain(self, file: str, record: Record) -> Explained:
        """Let the engine take a record, and tell what came of it."""
        if record.refused:
            rule = FILE if record.refused == "damaged" else LINE
            self._engine.notice(Noticed((Reject(rule, record.refused, 1),)))
            return self._explained(file, record.line, {}, ())
        self._engine.apply(Block(file, record.data))
        decoded = self._fields.decode(record.data)
        judged: dict[int, list[Verdict]] = {}
        left = [Left("", "", self._why_no_event())] * decoded.unmatched
        for fields in decoded.events:
            verdicts = self._judge(file, fields)
            if not any(verdict.turns for verdict in verdicts.values()):
                left.append(self._left(fields, verdicts))
            for number, verdict in verdicts.items():
                if verdict.turns:
                    judged.setdefault(number, []).append(verdict)
        return self._explained(file, record.line, judged, left)

    def finish(self) -> Explained:
        """Nothing comes any more: what is open is given up."""
        self._engine.finish()
        return self._explained("", 0, {}, ())

    def _explained(
        self, file: str, line: int, judged: Mapping[int, list[Verdict]], left: Iterable[Left]
    ) -> Explained:
        applied = self._engine.applied()
        self._engine.drain()
        lines = Counter(
            {outcome: count for (_, outcome), count in self._own.values(_LINES_TOTAL).items()}
        )
        rejects = Counter(
            {(rule, why): n for (_, rule, why), n in self._own.values(REJECTS_TOTAL).items()}
        )
        now, self._lines = lines - self._lines, lines
        more, self._rejects = rejects - self._rejects, rejects
        taken = [
            self._taken(number, verdicts, applied, more) for number, verdicts in judged.items()
        ]
        # What was given up, and what was final only now.
        others = [rule for rule in self._rules if rule.number not in judged]
        taken += [Taken(self._named(r), n, n) for r in others if (n := applied.get(r.name))]
        rejected = [self._rejected(*key, count, judged) for key, count in more.items()]
        moved = self._movements.take()
        return Explained(file, line, dict(now), tuple(taken), tuple(left), tuple(rejected), moved)

    def _judge(self, file: str, fields: dict[str, Any]) -> dict[int, Verdict]:
        """Ask every rule; what it remembers is known to those after it."""
        verdicts = {}
        for rule in self._rules:
            if rule.event.abandoned:
                continue
            whose = (rule.mapping.name, file, _key_of_names(rule, fields))
            names = self._names.setdefault(whose, {"$file": clean(file)})
            names["$time"] = _time(rule, fields)
            verdict = verdicts[rule.number] = judge(rule.event, Event(fields, names))
            for turn in verdict.turns:
                told = {
                    f"${name}": text(turn.first(of)) for name, of in rule.event.remember.items()
                }
                names.update({name: one for name, one in told.items() if one is not None})
        return verdicts

    def _named(self, rule: Rule) -> str:
        return rule.event.name if self._alone else rule.name

    def _taken(
        self,
        number: int,
        verdicts: list[Verdict],
        applied: Mapping[str, int],
        rejects: Mapping[tuple[str, str], int],
    ) -> Taken:
        """Say of a rule whose tests hold whether it was applied."""
        rule = self._rules[number]
        events = sum(len(verdict.turns) for verdict in verdicts)
        refused = sum(rejects.get((rule.name, reason), 0) for reason in ("no_start", "no_key"))
        counted = applied.get(rule.name)
        if counted is None:
            counted = events if not why_left(rule) else events - refused
        if counted >= events:
            return Taken(self._named(rule), events, events)
        why = "rejected" if counted + refused >= events else why_left(rule)
        return Taken(self._named(rule), events, counted, why)

    def _left(self, fields: dict[str, Any], verdicts: Mapping[int, Verdict]) -> Left:
        """Name the rule of which the most tests hold."""
        nearest = max(verdicts, key=lambda number: verdicts[number].held, default=None)
        shape = self._shapes.of(fields)
        if nearest is None:
            return Left(shape, "", "there is no rule")
        return Left(shape, self._named(self._rules[nearest]), verdicts[nearest].why)

    def _rejected(
        self, name: str, reason: str, count: int, judged: Mapping[int, list[Verdict]]
    ) -> Rejected:
        if name in (LINE, FILE):
            return Rejected(name, reason, count, _LINE_REASONS.get(reason, ""))
        rule = next(rule for rule in self._rules if rule.name == name)
        turns = tuple(turn for one in judged.get(rule.number, ()) for turn in one.turns)
        return Rejected(self._named(rule), reason, count, why_rejected(rule, reason, turns))

    def _why_no_event(self) -> str:
        mapping = self._mappings[0]
        if mapping.format == "text":
            return "no pattern is found in the line"
        if mapping.prefix is not None:
            return "no object behind the prefix"
        return "no span and no log record in it" if mapping.format == "otlp" else "no event in it"


def _key_of_names(rule: Rule, fields: dict[str, Any]) -> str:
    """Give by what the names of this line are remembered."""
    by = rule.mapping.remember_by
    parts = [(text(Event(fields, {}).first(of)) or "", cut) for of, cut in by.parts] if by else []
    return repr([cut_function(cut)(part) if cut else part for part, cut in parts])


def _time(rule: Rule, fields: dict[str, Any]) -> float | None:
    """Give an event's time in seconds, as `$time` is."""
    at = event_time(rule.mapping, Event(fields, {}))
    return None if at is None or isinstance(at, str) else at.timestamp()
