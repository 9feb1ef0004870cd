"""A time that is played: a turned interval holds now exactly where the interval held then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from agentgauge.proof.oncall.clock import turned
from generator.oncall_oracle import holds
from generator.targets.alertmanager.routes import time_intervals
from spec.model import Interval, MuteTime
from spec.schema_oncall import DAYS, MONTHS

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31)).map(  # noqa: DTZ001 (below)
    lambda moment: moment.replace(tzinfo=UTC, second=0, microsecond=0)
)


def ranges(words: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    pairs = st.tuples(st.integers(0, len(words) - 1), st.integers(0, len(words) - 1)).map(sorted)
    return st.lists(pairs.map(lambda p: f"{words[p[0]]}:{words[p[1]]}"), max_size=2).map(tuple)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[tuple[str, str], ...]:
    start, end = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
    return ((f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}"),)


INTERVALS = st.builds(
    Interval,
    times=st.just(()) | stretches(),
    weekdays=ranges(DAYS),
    days=st.lists(st.sampled_from(["1:7", "-1", "29", "-7:-2", "15:31"]), max_size=2).map(tuple),
    months=ranges(MONTHS),
    years=st.lists(st.sampled_from(["2026", "2025:2028"]), max_size=1).map(tuple),
    location=st.sampled_from(["", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]),
)  # fmt: skip


def read(spelled: dict[str, Any]) -> MuteTime:
    """Read an interval of Alertmanager's back."""
    interval = Interval(
        times=tuple((one["start_time"], one["end_time"]) for one in spelled.get("times", ())),
        weekdays=tuple(spelled.get("weekdays", ())),
        days=tuple(spelled.get("days_of_month", ())),
        months=tuple(spelled.get("months", ())),
        years=tuple(spelled.get("years", ())),
        location=spelled.get("location", ""),
    )
    return MuteTime("it", (interval,))


@given(INTERVALS, MOMENTS, MOMENTS)
@example(
    Interval(times=(("22:00", "24:00"),)),
    datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 0, tzinfo=UTC),
)
@example(
    Interval(days=("29",)),
    datetime(2025, 2, 1, tzinfo=UTC),
    datetime(2024, 1, 1, tzinfo=UTC),
)
def test_a_turned_interval_holds_now_where_it_held_then(
    interval: Interval, played: datetime, now: datetime
) -> None:
    (named,) = time_intervals((MuteTime("it", (interval,)),))
    intervals: Any = named["time_intervals"]
    (spelled,) = intervals
    assert holds(read(turned(spelled, played, now)), now) == holds(read(spelled), played)


def test_the_last_day_of_a_month_is_that_of_the_month_that_is_played() -> None:
    last = {"days_of_month": ["-1"]}
    now = datetime(2026, 7, 31, tzinfo=UTC)
    for played in (datetime(2026, 2, 28, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)):
        assert turned(last, played, now) == {"days_of_month": ["31"]}
        before = turned(last, played - timedelta(days=1), now)
        assert before == {"days_of_month": ["1"]}
