"""Requests of OTLP to try a mapping with: right ones, and what senders do to them."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRACES = ("5b8efff798038103d269b633813fc60c", "", None)
SPANS = ("eee19b7ec3c1b174", "eee19b7ec3c1b175", "eee19b7ec3c1b176", "0" * 16, "", None)
TIMES = ("1795143600000000000", 1795143600640000000, "1795143601000000003", "0", None)
JUNK: tuple[dict[str, Any], ...] = (
    {}, {"stringValue": ""}, {"stringValue": "x"}, {"stringValue": "-3"}, {"intValue": "-1"},
    {"intValue": 7}, {"doubleValue": 1.5}, {"doubleValue": "NaN"}, {"boolValue": True},
    {"arrayValue": {"values": [{"intValue": "1"}]}},
    {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}},
)  # fmt: skip
NO_REQUESTS = ("", " ", "{}", "[1]", "null", "{", '{"resourceMetrics":[]}')


def value(of: object) -> dict[str, Any]:
    """Write a value as OTLP does."""
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int):
        return {"intValue": str(of)}
    return {"doubleValue": of} if isinstance(of, float) else {"stringValue": of}


def requests(
    names: Sequence[str], attributes: Mapping[str, Sequence[object]], many: int = 12
) -> st.SearchStrategy[bytes]:
    """Give requests of spans and log records, a line each.

    `names` are those of log records, `attributes` what each may be. A number is all that is drawn:
    so many values drawn one by one would take most of the time.
    """

    def written(seed: int) -> bytes:
        dice = _Dice(Random(seed), names, attributes)
        return b"".join(dice.line().encode() + b"\n" for _ in range(seed % (many + 1)))

    return st.integers(0, 2**32).map(written)


class _Dice:
    """Throws requests."""

    def __init__(
        self, random: Random, names: Sequence[str], attributes: Mapping[str, Sequence[object]]
    ) -> None:
        self._random, self._names, self._attributes = random, names, attributes

    def line(self) -> str:
        """Give a request, or now and then something else."""
        if self._random.random() < 0.1:
            return self._random.choice(NO_REQUESTS)
        tops, scopes, those, record = self._random.choice((
            ("resourceSpans", "scopeSpans", "spans", self._span),
            ("resourceLogs", "scopeLogs", "logRecords", self._log),
        ))  # fmt: skip
        some = [record() for _ in range(self._random.randrange(5))]
        service = self._random.choice(("a", "b", ""))
        named = [{"key": "service.name", "value": value(service)}] if service else []
        scope = {"scope": {"name": "lib"}, those: some}
        return json.dumps({tops: [{"resource": {"attributes": named}, scopes: [scope]}]})

    def _span(self) -> dict[str, Any] | None:
        return self._record(
            name=("chat", "tool", None), kind=(1, 2, 3, None), startTimeUnixNano=TIMES,
            endTimeUnixNano=TIMES, status=({}, {"code": 1}, {"code": 2}, None),
        )  # fmt: skip

    def _log(self) -> dict[str, Any] | None:
        return self._record(
            eventName=("event x.rs:1", *self._names, None), timeUnixNano=TIMES,
            observedTimeUnixNano=TIMES, severityNumber=(9, None),
        )  # fmt: skip

    def _record(self, **fields: Sequence[Any]) -> dict[str, Any] | None:
        if self._random.random() < 0.05:
            return None
        each = {"traceId": TRACES, "spanId": SPANS, **fields}
        given = {key: self._random.choice(those) for key, those in each.items()}
        told = {key: part for key, part in given.items() if part is not None}
        return {**told, "attributes": self._told()}

    def _told(self) -> list[dict[str, Any]]:
        """Give attributes: mostly good ones, now and then one that is not there, or junk."""
        share = self._random.random()
        return [
            {"key": key, "value": self._one(those)}
            for key, those in self._attributes.items()
            if self._random.random() < share
        ]

    def _one(self, those: Sequence[object]) -> dict[str, Any]:
        junk = self._random.random() < 0.1
        return self._random.choice(JUNK) if junk else value(self._random.choice(those))
