"""Alerts on how much a counter grew within a window: more than the bound, or less."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from generator.alerting import announce, compared, each, lasting
from generator.cases import Stage, shown
from generator.model import ProvenAlert
from generator.recording import counts_wholes, grown, read
from generator.samples import Pace, labels, past, series
from generator.texts import amount
from spec.quantities import format_duration, format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from generator.model import Case, Series, Sort
    from spec.model import Alert, Increase, Spec

SORTS: frozenset[Sort] = frozenset({"fires", "silent", "silence", "missing", "reset"})


def prove(alert: Alert, condition: Increase, spec: Spec) -> ProvenAlert:
    """Fire where the counter grew by more (or less) than the bound."""
    family = spec.families[condition.of.metric]
    per = lasting(condition.per, alert)
    sign, bound = compared(alert)
    says = announce(alert, spec, family.unit, window=per, threshold=bound)
    recording = grown(condition.of, per, alert.by, spec)
    having = labels(family, condition.of.where, alert.by, spec)
    stage = Stage(says, shown(alert.by, having, spec.fleet), Pace(per, alert.wait, alert.keep))

    def counter(values: str) -> Series:
        return series(condition.of.metric, having, values)

    more = "more" if sign == ">" else "less"
    return ProvenAlert(
        alert=alert,
        recordings=(recording,),
        rules=(says.rule(f"{read(recording, spec)} {sign} {format_number(bound)}"),),
        cases=tuple(_cases(stage, counter, sign, bound, whole=counts_wholes(family))),
        words=f"`{condition.of.metric}` grew by {more} than {amount(bound, family.unit)} "
        f"within {format_duration(per)}{each(alert.by)}",
    )


def _cases(
    stage: Stage, counter: Callable[[str], Series], sign: str, bound: Fraction, *, whole: bool
) -> Iterator[Case]:
    rising = sign == ">"
    # A counter begins below any bound: with its first sample, it may fire and be kept firing.
    calm = stage if rising or stage.pace.forgets else stage.steadily()
    beyond = past(bound, sign, whole=whole)
    at_bound = _at(bound, calm.pace, rising=rising, whole=whole)
    yield stage.fires("just past the threshold", beyond, counter(stage.pace.adds(beyond)))
    yield calm.silent("at the threshold", counter(calm.pace.adds(at_bound)))
    if stage.pace.wait:
        # Below the bound is where a counter begins: there the wait starts with its first sample.
        late = "" if rising else "_ "
        yield stage.waits(counter(late + stage.pace.bursts(beyond)))
    yield from _rising(stage, counter, beyond) if rising else _falling(stage, counter, bound)
    yield stage.silent("there are no series", sort="missing")


def _rising(stage: Stage, counter: Callable[[str], Series], beyond: Fraction) -> Iterator[Case]:
    pace = stage.pace
    yield stage.silent("nothing happens", counter(pace.idles()))
    again = counter(pace.resumes(beyond))
    yield stage.fires("just past the threshold, after a silence", beyond, again, sort="silence")
    # Little by little, a restart costs a step: twice as much is past the bound without it too.
    amount = beyond if pace.at_once else beyond * 2
    restarted = counter(pace.adds_across_restart(amount))
    yield stage.fires("adding up over a restart", amount, restarted, sort="reset")


def _falling(stage: Stage, counter: Callable[[str], Series], bound: Fraction) -> Iterator[Case]:
    """Give cases of plenty: twice the bound, that no silence or restart makes too little."""
    steady, ample = stage.steadily(), bound * 2
    again = counter(steady.pace.resumes(ample))
    yield steady.silent("enough again, after a silence", again, sort="silence")
    restarted = counter(steady.pace.adds_across_restart(ample))
    yield steady.silent("enough, over a restart", restarted, sort="reset")


def _at(bound: Fraction, pace: Pace, *, rising: bool, whole: bool) -> Fraction:
    """Give the last amount that is not past a bound, or what comes close to it.

    What comes little by little and is not rounded carries the noise of floating point.
    """
    if whole:
        return Fraction(floor(bound) if rising else ceil(bound))
    if pace.at_once:
        return bound
    return bound * (Fraction(99, 100) if rising else Fraction(101, 100))
