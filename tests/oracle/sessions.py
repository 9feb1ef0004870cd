"""The oracle's sessions: all that was ever told of each, and at the end who leads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import blake2b

SHOWN, DAY, LONGEST = 20, 86_400, 128
SUMMED = {
    "agent_token_usage_total": "agent_session_tokens",
    "agent_cost_usd_total": "agent_session_cost_usd",
}


@dataclass
class Told:
    """What one session used, by family, and when it was heard of."""

    used: dict[str, Fraction] = field(default_factory=dict)
    times: list[datetime] = field(default_factory=list)

    def add(self, family: str, amount: Fraction) -> None:
        """Add what an event moved one of the families by that sessions sum up."""
        name = SUMMED[family]
        self.used[name] = self.used.get(name, Fraction(0)) + amount


@dataclass
class Sessions:
    """All sessions by agent and name."""

    told: defaultdict[tuple[str, str], Told] = field(default_factory=lambda: defaultdict(Told))
    of_agent: Counter[str] = field(default_factory=Counter)

    def note(self, agent: str, session: str, time: datetime | None) -> Told:
        """Take an event of a session."""
        key = cut(agent), cut(session)
        self.of_agent[agent] += key not in self.told
        one = self.told[key]
        if time is not None:
            one.times.append(time)
        return one

    def numbers(self) -> dict[str, dict[tuple[str, ...], float]]:
        """Give how many sessions each agent had, and those that lead."""
        found = defaultdict[str, dict[tuple[str, ...], float]](dict)
        for agent, count in self.of_agent.items():
            if count:
                found["agent_sessions_total"][agent,] = count
        newest = self._newest()
        figures = defaultdict[str, dict[tuple[str, str], Fraction]](dict)
        for key, one in self.told.items():
            last = max(one.times, default=None)
            if last is not None and newest is not None:
                if (newest - last).total_seconds() > DAY:
                    continue
                lasted = Fraction((last - min(one.times)).total_seconds())
                figures["agent_session_duration_seconds"][key] = lasted
            for family, amount in one.used.items():
                figures[family][key] = amount
        for family, amounts in figures.items():
            order = sorted(amounts, key=lambda key: (-amounts[key], key[1], key[0]))
            found[family].update({key: float(amounts[key]) for key in order[:SHOWN]})
        return dict(found)

    def _newest(self) -> datetime | None:
        """Give the time that sessions are old by: what is told of the future ages nobody."""
        latest = [max(one.times) for one in self.told.values() if one.times]
        soon = datetime.now(UTC) + timedelta(days=1)
        return max((t for t in latest if t <= soon), default=max(latest, default=None))


def cut(name: str) -> str:
    """Cut a name that no label should hold; what was cut off stands in it as a digest."""
    if len(name) <= LONGEST:
        return name
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return name[: LONGEST - 17] + "…" + digest
