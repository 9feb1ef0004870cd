"""Cases of an alert: given these series, it fires so, or it stays silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast, get_args

from generator.model import Case, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from fractions import Fraction

    from generator.alerting import Announcement
    from generator.model import Series
    from generator.samples import Pace


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the cases of one alert play.

    `shown` are the labels of the series that the alert fires for, before its rule adds its own.
    """

    says: Announcement
    shown: Map[str, str]
    pace: Pace

    def fires(
        self, name: str, value: Fraction | float, *series: Series, sort: Sort = "fires"
    ) -> Case:
        """Give a case in which it fires once, with this value."""
        expected = (self.says.expected(self.shown, float(value)),)
        return Case(f"fires: {name}", self.pace.interval, series, self._at(sort), expected, sort)

    def silent(self, name: str, *series: Series, sort: Sort = "silent") -> Case:
        """Give a case in which it does not fire."""
        return Case(f"stays silent: {name}", self.pace.interval, series, self._at(sort), (), sort)

    def waits(self, *series: Series) -> Case:
        """Give a case of series that would fire, looked at just before the wait is over."""
        name = "stays silent: it has not lasted long enough"
        return Case(name, self.pace.interval, series, self.pace.before, (), "silent")

    def steadily(self) -> Stage:
        """Give the same stage, on which everything happens little by little."""
        return replace(self, pace=replace(self.pace, steady=True))

    def _at(self, sort: Sort) -> Fraction:
        """Give when a case looks: what comes after a silence, or a restart, comes later."""
        later = {"silence": self.pace.at_resumed, "reset": self.pace.at_restarted}
        return later.get(sort, self.pace.at)


def shown(by: tuple[str, ...], having: Map[str, str], fleet: str) -> dict[str, str]:
    """Give the labels that a recording keeps of a series."""
    return {**{name: having[name] for name in by}, "fleet": fleet}


def title(case: Case) -> str:
    """Name a case in a test file, with its sort before it where the name does not tell it."""
    plain = case.sort in ("fires", "silent")
    return case.name if plain else f"{case.sort}: {case.name}"


def sort_of(title: str) -> Sort:
    """Give the sort of a case by its title; by what it expects where none stands there."""
    first = title.partition(":")[0]
    for sort in get_args(Sort):
        if first == sort:
            return cast("Sort", sort)
    return "fires" if first.endswith("fires") else "silent"
