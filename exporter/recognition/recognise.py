"""Finds the preset that a file's beginning fits best; no framework is named here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from exporter.explaining.fields import AllFields
from exporter.formats import cutter_for
from exporter.recognition.fit import Fit, fit
from exporter.recognition.head import read_head

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from exporter.recognition.head import Head
    from spec.mapping import Mapping as Preset


STAGES = (40, 200)
"""Lines that are looked at; more where nothing is known among the first ones."""

GATHERED = ("otlp",)
"""Formats in which collectors gather what several tools tell, many events a line."""

FEWEST = 5
"""Another preset belongs to a file, too, that takes one event for so many of the best one's."""

_NOISE = 9
"""Lines that can't be read, for each that can: programs print what is no event, too."""


SURE = 4
"""Points for each event that is taken: two places, and neither of them is there by chance."""


class Recognised(NamedTuple):
    """Whose log a file is: `presets` are those to read it by together, none where nobody knows it.

    `sure`: it is not just a word or two that it shares with them.
    """

    presets: tuple[str, ...]
    sure: bool


class _Candidates(NamedTuple):
    """Presets whose lines are taken apart in the same way, and what does it."""

    fields: AllFields
    presets: list[Preset]


class Recogniser:
    """Tells whose log a file is, among some presets."""

    def __init__(self, presets: Iterable[Preset]) -> None:
        """Sort the presets by format: a file is taken apart once for all of the same."""
        self._candidates: dict[Hashable, _Candidates] = {}
        self._of: dict[str, tuple[_Candidates, Preset]] = {}
        for preset in presets:
            how = (preset.format, preset.patterns, preset.prefix)
            one = self._candidates.setdefault(how, _Candidates(AllFields((preset,)), []))
            one.presets.append(preset)
            self._of[preset.name] = one, preset

    def recognise(self, path: str, like: str | None = None) -> Recognised:
        """Find the preset that fits a file best.

        Where collectors gather, also those that take many of the events that it leaves. `like` is
        the preset of a file beside it: where that fits, too, no other is asked, which is faster.

        Raises:
            OSError: it can't be read.
        """
        head = read_head(path)
        if not head.is_text:
            return Recognised((), sure=False)
        if like is not None:
            one, preset = self._of[like]
            if preset.format not in GATHERED:
                how = fit(preset, path, _events(one, head, path, STAGES[0])[: STAGES[0]])
                if _sure(how):
                    return Recognised((like,), sure=True)
        return self._best(self._fits(head, path))

    def _fits(self, head: Head, path: str) -> dict[str, Fit]:
        """Say how well each preset fits a file, where it fits at all."""
        found: dict[str, Fit] = {}
        for most in STAGES:
            for one in self._candidates.values():
                events = _events(one, head, path, most)
                if one.presets[0].format not in GATHERED:
                    events = events[:most]
                fits = {preset.name: fit(preset, path, events) for preset in one.presets}
                found |= {name: how for name, how in fits.items() if how.points > 0}
            if found:
                break
        return found

    def _best(self, fits: Mapping[str, Fit]) -> Recognised:
        """Choose the best, and what may stand beside it."""
        names: list[str] = []
        taken: frozenset[int] = frozenset()
        for name in sorted(fits, key=lambda name: -fits[name].points):
            many = not names or len(fits[name].taken) * FEWEST >= len(fits[names[0]].taken)
            beside = not names or self._format(name) == self._format(names[0]) in GATHERED
            if many and beside and not fits[name].taken & taken:
                names.append(name)
                taken |= fits[name].taken
        return Recognised(tuple(names), sure=bool(names) and _sure(fits[names[0]]))

    def _format(self, name: str) -> str:
        return self._of[name][1].format


def _sure(fit: Fit) -> bool:
    return fit.points >= SURE * len(fit.taken) > 0


def _events(one: _Candidates, head: Head, path: str, most: int) -> list[dict[str, Any]]:
    """Give a file's first events; none where the format is another: nearly all are refused then."""
    preset = one.presets[0]
    if preset.format == "document":
        if head.packed or not head.data.lstrip().startswith(b"{"):
            return []
        whole = head if head.whole else read_head(path, document=True)
        data = whole.data if whole.whole else b""
    else:
        data = head.lines()
        if make := cutter_for(preset):
            cutter = make()
            data = cutter.feed(data) + (cutter.end() if head.whole else b"")
        data = b"".join(line + b"\n" for line in data.split(b"\n", most)[:most] if line)
    decoded = one.fields.decode(data) if data else None
    if decoded is None or len(decoded.rejected) > _NOISE * len(decoded.events):
        return []
    return decoded.events
