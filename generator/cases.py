"""Cases of an alert: given these series, it fires so, or it stays silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.model import Case

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

    def fires(self, name: str, value: Fraction | float, *series: Series) -> Case:
        """Give a case in which it fires once, with this value."""
        expected = (self.says.expected(self.shown, float(value)),)
        return Case(f"fires: {name}", self.pace.interval, series, self.pace.at, expected)

    def silent(self, name: str, *series: Series) -> Case:
        """Give a case in which it does not fire."""
        return Case(f"stays silent: {name}", self.pace.interval, series, self.pace.at, ())

    def waits(self, *series: Series) -> Case:
        """Give a case of series that would fire, looked at just before the wait is over."""
        name = "stays silent: it has not lasted long enough"
        return Case(name, self.pace.interval, series, self.pace.before, ())


def shown(by: tuple[str, ...], having: Map[str, str], fleet: str) -> dict[str, str]:
    """Give the labels that a recording keeps of a series."""
    return {**{name: having[name] for name in by}, "fleet": fleet}
