"""What Prometheus makes of a rule's condition, sample by sample: `for` and `keep_firing_for`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


def played(answers: Iterable[T | None], wait: int, keep: int) -> T | None:
    """Give what the alert shows after the last evaluation; None where it does not fire.

    Args:
        answers: What the condition gives at each evaluation; None where it does not hold.
        wait: In how many evaluations `for` is over.
        keep: In how many evaluations `keep_firing_for` is over.
    """
    since: int | None = None
    over: int | None = None
    shown: T | None = None
    fires = False
    for number, answer in enumerate(answers):
        if answer is not None:
            since, over, shown = (number if since is None else since), None, answer
            fires = fires or number - since >= wait
            continue
        over = number if over is None else over
        if not fires or number - over >= keep:
            since, over, shown, fires = None, None, None, False
    return shown if fires else None
