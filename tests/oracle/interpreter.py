"""The oracle: a slow interpreter of the typed mapping, one line and one update at a time.

It shares no code with the exporter. What it says of lines is what the language means; the compiled
mapping must say the same.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from spec.mapping import Bounds, Const, Path
from tests.oracle.otlp import records
from tests.oracle.prices import price
from tests.oracle.sessions import SUMMED, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spec.mapping import EventRule, Field, Key, LabelRule, Mapping, Pair, Test, Update
    from spec.model import Family
    from tests.oracle.sessions import Told

Labels: TypeAlias = tuple[str, ...]
Series: TypeAlias = tuple[str, Labels]
UNMATCHED, REPEAT, APPLIED = range(3)
OUTCOMES = ("unmatched", "repeat", "applied")
LARGEST = Fraction(10) ** 280
TOKENS = "agent_token_usage_total"
UNPRICED = "agent_unpriced_tokens_total"
INPUT = ("input", "cache_read", "cache_write")
LAST_EVENT = "agent_last_event_timestamp_seconds"
TICKS = {"s": 1, "ms": 1000, "us": 1000_000, "ns": 1000_000_000}


KEPT_LENGTH = 256
WAITING = 1000
MONEY = 10**12


class RejectError(Exception):
    """A value that can't be used; the message is the reason."""


@dataclass
class Seen:
    """What a rule can see of a line: its values, loops' elements and keys, and the $names."""

    line: dict[str, Any]
    names: dict[str, Any]
    elements: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, object] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    time: datetime | None = None


@dataclass
class Started:
    """A start that waits for its end."""

    time: datetime | None
    kept: dict[str, str]
    gauge: Series | None


@dataclass
class Totals:
    """All that a mapping gives: exact numbers, to be compared as floats."""

    counters: defaultdict[Series, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    gauges: dict[Series, tuple[float, datetime | None]] = field(default_factory=dict)
    choices: dict[Series, tuple[Labels, datetime | None]] = field(default_factory=dict)
    chosen: defaultdict[Series, set[Labels]] = field(default_factory=lambda: defaultdict(set))
    buckets: dict[Series, list[int]] = field(default_factory=dict)
    sums: defaultdict[Series, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    newest: dict[str, datetime] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)
    rejects: Counter[tuple[str, str]] = field(default_factory=Counter)
    evictions: Counter[str] = field(default_factory=Counter)
    sessions: Sessions = field(default_factory=Sessions)


class Kept:
    """A bounded memory, as plainly as can be: keys with values and times, the oldest first."""

    def __init__(self, name: str, bounds: Bounds, totals: Totals) -> None:
        self.name, self.bounds, self.totals = name, bounds, totals
        self.entries: list[tuple[object, Any, datetime | None]] = []
        self.newest: datetime | None = None

    def find(self, key: object, time: datetime | None) -> Any:  # noqa: ANN401 (what was kept)
        """Let time pass, and give what is kept of a key, or None."""
        if self.bounds.keep_for is not None and time is not None:
            self.newest = max(time, self.newest or time)
        while self.entries and self._old(0):
            self._evict(0)
        for at, (have, value, _) in enumerate(self.entries):
            if have == key:
                if not self._old(at):
                    return value
                self._evict(at)
                break
        return None

    def put(self, key: object, value: object, time: datetime | None) -> None:
        """Keep a value, as the youngest."""
        times = [then for have, _, then in self.entries if have == key and then is not None]
        now = time or self.newest
        self.entries = [entry for entry in self.entries if entry[0] != key]
        self.entries.append((key, value, max([now, *times]) if now else None))
        if len(self.entries) > self.bounds.limit:
            self._evict(0)

    def _old(self, at: int) -> bool:
        age, time = self.bounds.keep_for, self.entries[at][2]
        if age is None or time is None or self.newest is None:
            return False
        return self.newest.timestamp() - age > time.timestamp()

    def _evict(self, at: int) -> None:
        del self.entries[at]
        self.totals.evictions[self.name] += 1


class Oracle:
    """Interprets the mappings of one source."""

    def __init__(self, mappings: Iterable[Mapping], families: dict[str, Family]) -> None:
        self.totals = Totals()
        self._families = families
        mappings = tuple(mappings)
        self._otlp = any(mapping.format == "otlp" for mapping in mappings)
        names: defaultdict[tuple[int, str], dict[str, str]] = defaultdict(dict)
        self._rules = [
            _Rule(m, event, self.totals, lambda stream, m=m: names[id(m), stream])  # type: ignore[misc] # mypy can't infer defaults
            for m in mappings
            for event in m.events
        ]
        for rule in self._rules:
            rule.relate(self._rules)

    def lines(self, stream: str, data: bytes) -> None:
        """Take whole lines."""
        for line in data.split(b"\n")[:-1]:
            self._line(stream, line)

    def finish(self) -> None:
        """Give up every start."""
        for rule in self._rules:
            for key in list(rule.open):
                rule.give_up(key)
            for key in list(rule.waiting):
                rule.observe_waiting(key)

    def numbers(self) -> dict[str, dict[Labels, float]]:
        """Give counters, gauges, statesets and infos, by family."""
        totals, found = self.totals, defaultdict[str, dict[Labels, float]](dict)
        for (name, labels), amount in totals.counters.items():
            found[name][labels] = float(amount)
        for (name, labels), (value, _) in totals.gauges.items():
            found[name][labels] = value
        for (name, _), (labels, _) in totals.choices.items():
            if self._families[name].type == "info":
                found[name][labels] = 1
        for series, all_labels in totals.chosen.items():
            for labels in all_labels:
                found[series[0]][labels] = int(labels == totals.choices[series][0])
        for agent, time in totals.newest.items():
            have = found[LAST_EVENT].get((agent,), -math.inf)
            found[LAST_EVENT][agent,] = max(have, time.timestamp())
        found.update(totals.sessions.numbers())
        return dict(found)

    def histograms(self) -> dict[str, dict[Labels, tuple[list[int], float]]]:
        """Give histograms by family: how many fell into each bucket, and the sum of all."""
        found = defaultdict[str, dict[Labels, tuple[list[int], float]]](dict)
        for (name, labels), counts in self.totals.buckets.items():
            found[name][labels] = counts, float(self.totals.sums[name, labels])
        return dict(found)

    def _line(self, stream: str, line: bytes) -> None:
        if line.strip() in (b"", b"\xef\xbb\xbf"):
            self.totals.lines["blank"] += 1
            return
        try:
            value = parse(line.strip())
        except RejectError as reason:
            self.totals.lines["rejected"] += 1
            self.totals.rejects["line", str(reason)] += 1
            return
        events = list(records(value)) if self._otlp else [value]
        self.totals.lines["unmatched"] += not events
        for event in events:
            self._event(stream, event)

    def _event(self, stream: str, event: dict[str, Any] | None) -> None:
        if event is None:
            self.totals.lines["rejected"] += 1
            self.totals.rejects["line", "not_an_object"] += 1
            return
        outcomes = [rule.take(event, stream) for rule in self._rules if not rule.event.abandoned]
        self.totals.lines[OUTCOMES[max(outcomes, default=UNMATCHED)]] += 1


def parse(line: bytes) -> dict[str, Any]:
    """Read a line; broken text gets replacement characters."""
    try:
        value = json.loads(
            line.decode(errors="replace"), parse_constant=_no_constant, parse_int=_whole
        )
    except RecursionError:
        raise RejectError("too_deep") from None
    except ValueError:
        raise RejectError("malformed") from None
    if not isinstance(value, dict):
        raise RejectError("not_an_object")
    mended = _mended(value)
    assert isinstance(mended, dict)
    return mended


def _no_constant(_: str) -> None:
    raise ValueError


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return math.inf


def _mended(value: object) -> object:
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(part) for key, part in value.items()}
    return [_mended(part) for part in value] if isinstance(value, list) else value


# ---- values -------------------------------------------------------------------------------------


def text(value: object) -> str | None:
    """Give the text of a scalar."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def number(value: object) -> Fraction:
    """Read a number exactly."""
    if value is None:
        raise RejectError("missing")
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value):
        value = (
            math.inf
            if len(value) > 400
            else float(value)
            if set(value) & set(".eE")
            else int(value)
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectError("not_a_number")
    if not math.isfinite(value) if isinstance(value, float) else False:
        raise RejectError("not_finite")
    exact = Fraction(value)
    if abs(exact) > Fraction(float(LARGEST)):
        raise RejectError("not_finite")
    return exact


def moment(value: object, unit: str | None) -> datetime:
    """Read a point in time. With a unit it is a number, or all the same ISO 8601."""
    if unit:
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
                seconds=float(number(value) / TICKS[unit])
            )
        except OverflowError:
            raise RejectError("bad_time") from None
        except RejectError as reason:
            if str(reason) != "not_a_number" or not isinstance(value, str):
                raise
    if not isinstance(value, str):
        raise RejectError("bad_time")
    time: datetime
    try:
        time = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            raise RejectError("bad_time") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def instant(value: object) -> datetime:
    """Read a point in time where either may stand: a number is in seconds."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return moment(value, "s" if is_number else None)


def read(of: Field, seen: Seen) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """Read the first place that is there."""
    found = (part.text if isinstance(part, Const) else at(part.parts, seen) for part in of)
    return next((value for value in found if value is not None), None)


def at(parts: tuple[str, ...], seen: Seen) -> Any:  # noqa: ANN401 (the same)
    """Read one place."""
    head, *rest = parts
    if head == "$kept":
        return seen.kept.get(rest[0])
    if head.startswith("$"):
        return None if rest else seen.names.get(head)
    if head in seen.elements:
        if rest == ["$key"]:
            return seen.keys[head]
        value = seen.elements[head]
    else:
        value = seen.line.get(head)
    for part in rest:
        if part == "$count":
            return len(value) if isinstance(value, dict | list) else None
        value = value.get(part) if isinstance(value, dict) else None
    return value


def elements(value: object) -> Iterator[tuple[object, Any]]:
    """Iterate over a list or an object."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def label(rule: LabelRule, seen: Seen) -> str:
    """Make a label's value, of the first place that holds a text and not an empty one."""
    found = next((told for part in rule.of if (told := text(read((part,), seen)))), None)
    if found and rule.match:
        cut = re.search(rule.match, found)
        found = cut[1] if cut else None
    if not found:
        return rule.absent
    if rule.table is not None:
        return rule.table.get(found, found if rule.other is None else rule.other)
    if rule.classes:
        for name, expression in rule.classes:
            if re.search(expression, found):
                return name
        return "other" if rule.other is None else rule.other
    return found


def key_of(key: Key, seen: Seen) -> tuple[str | None, ...] | None:
    """Make a key; None where all of its parts are absent."""
    parts = []
    for of, expression in key.parts:
        found = text(read(of, seen))
        if found and expression:
            cut = re.search(expression, found)
            found = cut[1] if cut else None
        parts.append(found or None)
    return tuple(parts) if any(part is not None for part in parts) else None


def holds(test: Test, seen: Seen) -> bool:
    """Answer a test."""
    return _answer(test, at(test.path.parts, seen), seen) != test.negated


def _answer(test: Test, value: object, seen: Seen) -> bool:
    operand: Any = test.operand
    if test.op == "is":
        return text(value) in operand
    if test.op == "exists":
        return (value is not None) is operand
    if test.op == "matches":
        return isinstance(value, str) and re.search(operand, value) is not None
    try:
        this = number(value)
    except RejectError:
        return False
    if test.op == "differs_from_sum_of":
        whole = sum(_numbers(operand, seen), Fraction(0))
        slack = max(Fraction(1, 10**9) * max(abs(this), abs(whole)), Fraction(1, 10**6))
        return abs(this - whole) > slack
    limit = Fraction(operand)
    return {
        "above": this > limit, "below": this < limit,
        "at_least": this >= limit, "at_most": this <= limit,
    }[test.op]  # fmt: skip


def _numbers(parts: tuple[str, ...], seen: Seen) -> Iterator[Fraction]:
    star = parts.index("*")
    for _, value in elements(at(parts[:star], seen)):
        part = value
        for step in parts[star + 1 :]:
            part = part.get(step) if isinstance(part, dict) else None
        try:
            yield number(part)
        except RejectError:
            continue


# ---- rules --------------------------------------------------------------------------------------


class _Rule:
    """One event rule with what it remembers."""

    def __init__(
        self,
        mapping: Mapping,
        event: EventRule,
        totals: Totals,
        names_of: Callable[[str], dict[str, str]],
    ) -> None:
        self.mapping, self.event, self.totals, self.names_of = mapping, event, totals, names_of
        self.name = f"{mapping.name}.{event.name}"
        self.seen_keys = Kept(self.name, event.dedupe.bounds if event.dedupe else Bounds(), totals)
        self.runs = Kept(self.name, event.streak.bounds if event.streak else Bounds(), totals)
        self.totals_of = Kept(self.name, event.delta.bounds if event.delta else Bounds(), totals)
        self.keep_max = event.dedupe is not None and event.dedupe.keep == "max"
        self.open: dict[object, Started] = {}
        self.waiting: dict[object, tuple[dict[int, Fraction | None], Seen]] = {}
        self.start: _Rule = self
        self.abandons: list[_Rule] = []

    def relate(self, rules: list[_Rule]) -> None:
        """Find the rule that starts what this one ends, and those that give up what it starts."""
        mine = [rule for rule in rules if rule.mapping is self.mapping]
        pair = self.event.pair
        if pair and pair.role == "start":
            self.abandons = [rule for rule in mine if rule.event.abandoned == pair.name]
        elif pair:
            self.start = next(
                rule for rule in mine
                if (other := rule.event.pair) and other.role == "start" and other.name == pair.name
            )  # fmt: skip

    def take(self, line: dict[str, Any], stream: str) -> int:
        """Apply the rule to a line; give its outcome."""
        loops = dict(self.event.each)
        seen = Seen(line, {"$file": stream})
        by = self.mapping.remember_by
        key = key_of(by, seen) if by else None
        seen.told = self.names_of(stream if key is None else repr(key))
        seen.names |= {f"${name}": value for name, value in seen.told.items()}
        if not all(holds(t, seen) for t in self.event.when if t.path.parts[0] not in loops):
            return UNMATCHED
        return max((self._one(seen) for _ in self._loop(seen, self.event.each)), default=UNMATCHED)

    def _loop(self, seen: Seen, each: tuple[tuple[str, Path], ...]) -> Iterator[None]:
        if not each:
            yield
            return
        (name, path), *inner = each
        for key, element in elements(at(path.parts, seen)):
            seen.elements[name], seen.keys[name] = element, key
            yield from self._loop(seen, tuple(inner))
        seen.elements.pop(name, None)

    def _one(self, seen: Seen) -> int:
        event = self.event
        if not all(holds(t, seen) for t in event.when if t.path.parts[0] in dict(event.each)):
            return UNMATCHED
        self._tell_time(seen)
        if event.dedupe and not self.keep_max:
            key = key_of(event.dedupe.by, seen)
            if key is None:
                self._reject("no_key")
            elif self.seen_keys.find(key, seen.time):
                return REPEAT
            else:
                self.seen_keys.put(key, True, seen.time)  # noqa: FBT003 (it is there)
        for name, of in event.remember.items():
            told = text(read(of, seen))
            if told is not None:
                cut = told[:KEPT_LENGTH]
                seen.told[name] = seen.names[f"${name}"] = cut
        if event.streak:
            key = key_of(event.streak.by, seen)
            now = [_compared(read((of,), seen)) for of in event.streak.of]
            before, length = self.runs.find(key, seen.time) or (None, 0)
            length = length + 1 if before == now else 1
            self.runs.put(key, (now, length), seen.time)
            if length != event.streak.at:
                return APPLIED
        if event.pair and not self._paired(event.pair, seen):
            return REPEAT
        return self._apply(seen)

    def _tell_time(self, seen: Seen) -> None:
        seen.time = None
        value = read(self.mapping.time, seen)
        if value is not None:
            try:
                seen.time = moment(value, self.mapping.time_unit)
            except RejectError as reason:
                self._reject(str(reason))
        seen.names["$time"] = seen.time.timestamp() if seen.time else None

    def _paired(self, pair: Pair, seen: Seen) -> bool:
        key = key_of(pair.by, seen)
        if key is None:
            self._reject("no_key")
            return False
        if pair.role == "start":
            if key in self.open:
                if self.open[key].time == seen.time:
                    return False
                self.give_up(key)
            made = {name: label(rule, seen) for name, rule in self.event.labels.items()}
            kept = {name: value[:KEPT_LENGTH] for name, value in made.items()}
            gauge = None
            if pair.in_progress:
                gauge = (pair.in_progress.name, tuple(kept[x] for x in pair.in_progress.labels))
                self._move(gauge, 1)
            self.open[key] = Started(seen.time, kept, gauge)
            if len(self.open) > pair.limit:
                self.totals.evictions[f"{self.mapping.name}.{pair.name}"] += 1
                self.give_up(next(iter(self.open)))
            return True
        started = self.start.open.pop(key, None)
        if started is None:
            self._reject("no_start")
            return False
        self.start.close(started)
        seen.kept = started.kept
        both = seen.time and started.time
        seen.names["$duration"] = (seen.time - started.time).total_seconds() if both else None  # type: ignore[operator] # both are there
        return True

    def close(self, started: Started) -> None:
        """Count a start out again."""
        if started.gauge:
            self._move(started.gauge, -1)

    def _move(self, gauge: Series, by: int) -> None:
        self.totals.gauges[gauge] = (self.totals.gauges.get(gauge, (0, None))[0] + by, None)

    def give_up(self, key: object) -> None:
        """Abandon a start."""
        started = self.open.pop(key)
        self.close(started)
        for rule in self.abandons:
            rule._apply(Seen({}, {}, kept=started.kept, time=started.time))  # noqa: SLF001 (its own kind)

    def _reject(self, reason: str) -> None:
        self.totals.rejects[self.name, reason] += 1

    def _label(self, name: str, update: Update | None, seen: Seen) -> str:
        if update and name in update.labels:
            return label(update.labels[name], seen)
        if name in self.event.kept:
            return seen.kept[name]
        return label(self.event.labels[name], seen)

    def _told(self, seen: Seen) -> tuple[list[Fraction | None], list[tuple[float, float] | None]]:
        """Give the numbers of all updates, and as they were written where they are compared."""
        amounts: list[Fraction | None] = []
        told: list[tuple[float, float] | None] = []
        for update in self.event.updates:
            amount = None
            try:
                amount = _amount(update, seen)
            except RejectError as reason:
                self._reject(str(reason))
            amounts.append(amount)
            compared = amount is not None and update.verb == "add"
            told.append(_as_written(update, seen) if compared else None)
        return amounts, told

    def _apply(self, seen: Seen) -> int:
        amounts, told = self._told(seen)
        said, first = list(amounts), True
        if self.event.delta or self.keep_max:
            outcome, first = self._news(told, amounts, seen)
            if outcome != APPLIED:
                return outcome
            if self.keep_max and not first:
                for place, update in enumerate(self.event.updates):
                    if update.verb == "inc":
                        amounts[place] = None
        if "agent" in self.event.labels and seen.time is not None:
            agent = self._label("agent", None, seen)
            newest = self.totals.newest
            newest[agent] = max(newest.get(agent, seen.time), seen.time)
        self._together(amounts, seen, first=first)
        session = self._session(seen)
        moves = list(zip(self.event.updates, amounts, strict=True))
        moves += self._estimated(amounts, amounts if self.event.delta else said, seen)
        for update, amount in moves:
            self._update(update, amount, seen)
            if session and amount is not None and update.family.name in SUMMED:
                session.add(update.family.name, amount)
        return APPLIED

    def _together(self, amounts: list[Fraction | None], seen: Seen, *, first: bool) -> None:
        """Add up what is observed together, and put it into `amounts`, or aside until it is final.

        A number that may still grow waits until so many younger ones wait, too, or till the end.
        """
        places = [at for at, update in enumerate(self.event.updates) if update.together]
        for place in places:
            parts = [amounts[one] for one in self.event.updates[place].together]
            good = [part for part in parts if part is not None]
            amounts[place] = sum(good, Fraction(0)) if good else None
        dedupe = self.event.dedupe
        key = key_of(dedupe.by, seen) if dedupe and self.keep_max else None
        if not places or key is None:
            return
        waiting = self.waiting.pop(key, None)
        if waiting is None and not first:
            for place in places:
                self._late(self.event.updates[place], amounts[place], seen)
        else:
            before, then = waiting or ({}, seen)
            now = {place: _plus(before.get(place), amounts[place]) for place in places}
            self.waiting[key] = now, then
            if len(self.waiting) > WAITING:
                self.observe_waiting(next(iter(self.waiting)))
        for place in places:
            amounts[place] = None

    def _late(self, update: Update, more: Fraction | None, seen: Seen) -> None:
        """Add to the sum of what was observed already."""
        if more is not None:
            labels = tuple(self._label(name, update, seen) for name in update.family.labels)
            empty = [0] * (len(update.family.buckets) + 1)
            self.totals.buckets.setdefault((update.family.name, labels), empty)
            self.totals.sums[update.family.name, labels] += more

    def observe_waiting(self, key: object) -> None:
        """Observe numbers that do not grow any more."""
        amounts, seen = self.waiting.pop(key)
        for place, amount in amounts.items():
            self._update(self.event.updates[place], amount, seen)

    def _estimated(
        self, amounts: list[Fraction | None], said: list[Fraction | None], seen: Seen
    ) -> Iterator[tuple[Update, Fraction]]:
        """Price the tokens that were added. `said` is what tells how large the request was."""
        updates = self.event.updates
        estimates = [
            (update, amount)
            for update, amount in zip(updates, amounts, strict=True)
            if update.verb == "estimate" or update.estimate_absent
        ]
        if not estimates or estimates[0][1] is not None:
            return
        model, rule = self._label("model", estimates[0][0], seen), estimates[0][0].price_tier
        tier = label(rule, seen) if rule else ""
        tokens = [
            (self._label("type", update, seen), update, amount, here or Fraction(0))
            for update, amount, here in zip(updates, amounts, said, strict=True)
            if update.verb == "add" and update.family.name == TOKENS and update.of
        ]
        whole = sum((here for kind, _, _, here in tokens if kind in INPUT), Fraction(0))
        for kind, update, amount, _ in tokens:
            if amount is None:
                continue
            each = price(model, update.price_as or kind, whole, seen.time, tier)
            if each is not None:
                yield from ((estimate, amount * each) for estimate, _ in estimates)
            elif amount:
                self.totals.counters[UNPRICED, (model,)] += amount

    def _session(self, seen: Seen) -> Told | None:
        """Give what is told of the event's session, if it has one."""
        rule = self.mapping.session
        if rule is None or self.event.abandoned or "agent" not in self.event.labels:
            return None
        name = label(rule, seen)
        if not name:
            return None
        return self.totals.sessions.note(self._label("agent", None, seen), name, seen.time)

    def _news(
        self,
        told: list[tuple[float, float] | None],
        amounts: list[Fraction | None],
        seen: Seen,
    ) -> tuple[int, bool]:
        """Put what is new into `amounts`; give the outcome, and whether the key is new."""
        delta, dedupe = self.event.delta, self.event.dedupe
        which = delta or dedupe
        assert which is not None
        key = key_of(which.by, seen)
        if key is None:
            self._reject("no_key")
            return (UNMATCHED if delta else APPLIED), True
        memory = self.totals_of if delta else self.seen_keys
        found = memory.find(key, seen.time)
        old = found or [None] * len(told)
        new = list(old)
        if delta and delta.restarts and any(map(_fell, old, told)):
            old = [None] * len(told)
        moved = False
        for place, now in enumerate(told):
            if now is None:
                continue
            before = old[place][1] if old[place] else 0
            new[place] = now[0], max(now[1], before)
            more = max(Fraction(0), Fraction(now[1]) - Fraction(before))
            if delta and delta.skip_first and not old[place]:
                more = Fraction(0)
            multiply, divide = self.event.updates[place].scale
            amounts[place] = more * multiply / divide
            moved = moved or more > 0
        memory.put(key, new, seen.time)
        first = found is None
        fresh = moved or (first and not delta)
        return (APPLIED if fresh else REPEAT), first

    def _update(self, update: Update, value: Fraction | None, seen: Seen) -> None:
        family, totals = update.family, self.totals
        if family.type == "stateset":
            others = {x: self._label(x, update, seen) for x in family.labels if x != family.state}
            assert update.state is not None
            state = label(update.state, seen)
            whole = tuple(others.get(name, state) for name in family.labels)
            self._choose((family.name, tuple(others.values())), whole, seen.time)
            totals.chosen[family.name, tuple(others.values())].add(whole)
            return
        if value is None:
            return
        labels = tuple(self._label(name, update, seen) for name in family.labels)
        series = (family.name, labels)
        if family.type == "counter":
            totals.counters[series] += value
        elif family.type == "histogram":
            counts = totals.buckets.setdefault(series, [0] * (len(family.buckets) + 1))
            bounds = [Fraction(str(bound)) for bound in family.buckets]
            counts[sum(value > bound for bound in bounds)] += 1
            totals.sums[series] += value
        elif family.type == "info":
            fixed = [
                v for k, v in zip(family.labels, labels, strict=True) if k not in family.replaced
            ]
            self._choose((family.name, tuple(fixed)), labels, seen.time)
        else:
            before = totals.gauges.get(series, (0, None))[1]
            if before is None or seen.time is None or seen.time >= before:
                totals.gauges[series] = float(value), seen.time

    def _choose(self, series: Series, labels: Labels, time: datetime | None) -> None:
        before = self.totals.choices.get(series, (labels, None))[1]
        if before is None or time is None or time >= before:
            self.totals.choices[series] = labels, time


def _plus(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return one if other is None else other if one is None else one + other


def _compared(value: object) -> str | None:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else text(value)


def _raw(update: Update, seen: Seen) -> Any:  # noqa: ANN401 (whatever JSON holds)
    value = read(update.of, seen)
    if update.table is None:
        return value
    found = text(value)
    other = found if update.table_other is None else update.table_other
    return update.table.get(found, other) if found else update.table_absent


def _as_written(update: Update, seen: Seen) -> tuple[float, float]:
    """Give a good number before and after what is subtracted, as Python reckons."""
    if update.time:
        passed = _time(update, _raw(update, seen), seen)
        return float(passed or 0), float(passed or 0)
    top = _reckoned(_raw(update, seen))
    parts = [read(of, seen) for of in update.minus]
    less = top - sum(_reckoned(part) for part in parts if part is not None)
    return top, round(less * float(MONEY)) / Fraction(MONEY) if _is_money(update) else less  # type: ignore[return-value] # a Fraction reckons like a float


def _is_money(update: Update) -> bool:
    return update.family.unit == "usd"


def _reckoned(value: object) -> float:
    exact = number(value)
    if isinstance(value, str):
        value = float(value) if set(value) & set(".eE") else int(value)
    assert isinstance(value, int | float)
    assert exact == value
    return value


def _fell(before: tuple[float, float] | None, now: tuple[float, float] | None) -> bool:
    return before is not None and now is not None and now[0] < before[0]


def _amount(update: Update, seen: Seen) -> Fraction | None:
    """Read an update's number in the family's base unit; None where it may be skipped."""
    if update.state is not None or update.together:
        return None
    if update.verb == "inc":
        return Fraction(1)
    if update.verb == "estimate":
        return None
    value = _raw(update, seen)
    if value is None and (update.skip_absent or update.estimate_absent):
        return None
    if update.time:
        return _time(update, value, seen)
    amount = number(value)
    for of in update.minus:
        part = read(of, seen)
        if part is not None:
            amount -= number(part)
    if abs(amount) > Fraction(float(LARGEST)):
        raise RejectError("not_finite")
    if amount < 0 and update.verb != "set":
        raise RejectError("negative")
    multiply, divide = update.scale
    return amount * multiply / divide


def _time(update: Update, value: object, seen: Seen) -> Fraction | None:
    """Read a point in time as seconds since 1970, or the seconds since another point."""
    starts = [read(of, seen) for of in update.minus]
    if value is None or None in starts:
        if update.skip_absent:
            return None
        raise RejectError("missing")
    end, *start = map(instant, (value, *starts))
    if not start:
        return Fraction(end.timestamp())
    passed = Fraction((end - start[0]).total_seconds())
    if passed < 0 and update.verb != "set":
        raise RejectError("negative")
    return passed
