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

from spec.mapping import Const, Path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec.mapping import EventRule, Field, Key, LabelRule, Mapping, Pair, Test, Update
    from spec.model import Family

Labels: TypeAlias = tuple[str, ...]
Series: TypeAlias = tuple[str, Labels]
UNMATCHED, REPEAT, APPLIED = range(3)
OUTCOMES = ("unmatched", "repeat", "applied")
LARGEST = Fraction(10) ** 280
LAST_EVENT = "agent_last_event_timestamp_seconds"
TICKS = {"s": 1, "ms": 1000, "us": 1000_000, "ns": 1000_000_000}


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


class Oracle:
    """Interprets the mappings of one source."""

    def __init__(self, mappings: Iterable[Mapping], families: dict[str, Family]) -> None:
        self.totals = Totals()
        self._families = families
        self._rules = [_Rule(m, event, self.totals) for m in mappings for event in m.events]
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
        outcomes = [rule.take(value, stream) for rule in self._rules if not rule.event.abandoned]
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
    """Read a point in time."""
    if unit:
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
                seconds=float(number(value) / TICKS[unit])
            )
        except OverflowError:
            raise RejectError("bad_time") from None
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


def read(of: Field, seen: Seen) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """Read the first place that is there."""
    found = (part.text if isinstance(part, Const) else at(part.parts, seen) for part in of)
    return next((value for value in found if value is not None), None)


def at(parts: tuple[str, ...], seen: Seen) -> Any:  # noqa: ANN401 (the same)
    """Read one place."""
    head, *rest = parts
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
    """Make a label's value."""
    found = text(read(rule.of, seen))
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

    def __init__(self, mapping: Mapping, event: EventRule, totals: Totals) -> None:
        self.mapping, self.event, self.totals = mapping, event, totals
        self.name = f"{mapping.name}.{event.name}"
        self.seen_keys: set[object] = set()
        self.runs: dict[object, tuple[object, int]] = {}
        self.open: dict[object, Started] = {}
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
        if event.dedupe:
            key = key_of(event.dedupe, seen)
            if key is None:
                self._reject("no_key")
            elif key in self.seen_keys:
                return REPEAT
            self.seen_keys.add(key)
        if event.streak:
            key = key_of(event.streak.by, seen)
            now = [text(read((of,), seen)) for of in event.streak.of]
            before, length = self.runs.get(key, (None, 0))
            self.runs[key] = now, length + 1 if before == now else 1
            if self.runs[key][1] != event.streak.at:
                return APPLIED
        if event.pair and not self._paired(event.pair, seen):
            return REPEAT
        self._apply(seen)
        return APPLIED

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
            kept = {name: label(rule, seen) for name, rule in self.event.labels.items()}
            gauge = None
            if pair.in_progress:
                gauge = (pair.in_progress.name, tuple(kept[x] for x in pair.in_progress.labels))
                self._move(gauge, 1)
            self.open[key] = Started(seen.time, kept, gauge)
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

    def _apply(self, seen: Seen) -> None:
        if "agent" in self.event.labels and seen.time is not None:
            agent = self._label("agent", None, seen)
            newest = self.totals.newest
            newest[agent] = max(newest.get(agent, seen.time), seen.time)
        for update in self.event.updates:
            try:
                self._update(update, seen)
            except RejectError as reason:
                self._reject(str(reason))

    def _update(self, update: Update, seen: Seen) -> None:
        family, totals = update.family, self.totals
        if family.type == "stateset":
            others = {x: self._label(x, update, seen) for x in family.labels if x != family.state}
            assert update.state is not None
            state = label(update.state, seen)
            whole = tuple(others.get(name, state) for name in family.labels)
            self._choose((family.name, tuple(others.values())), whole, seen.time)
            totals.chosen[family.name, tuple(others.values())].add(whole)
            return
        value = _amount(update, seen)
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


def _amount(update: Update, seen: Seen) -> Fraction | None:
    """Read an update's number in the family's base unit; None where it may be skipped."""
    if update.verb == "inc":
        return Fraction(1)
    value = read(update.of, seen)
    if update.table is not None:
        found = text(value)
        other = found if update.table_other is None else update.table_other
        value = update.table.get(found, other) if found else update.table_absent
    if value is None and update.skip_absent:
        return None
    if update.time:
        if value is None:
            raise RejectError("missing")
        return Fraction(moment(value, None).timestamp())
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
