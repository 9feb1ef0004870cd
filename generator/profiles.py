"""Servers that evaluate rules, and what each of them takes.

The plain files of the default run on all of them but old vmalerts. A profile says where a server
wants it otherwise; whatever all of them take (at most 20 rules in a group, names with two colons,
matchers for both spellings of `le`) is always so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.model import RuleServer


@dataclass(frozen=True, slots=True)
class Profile:
    """What a server takes.

    `keeps`: an alert may go on for a while after it holds no more (`keep_firing_for`).
    `group_labels`: labels that all rules of a group share may stand at the group.
    `dates`: a template may write a time in a form of its own (`toTime`).
    """

    keeps: bool = True
    group_labels: bool = False
    dates: bool = True


PROFILES: Map[RuleServer, Profile] = {
    "2.42": Profile(),
    "3": Profile(group_labels=True),
    # Debian's vmalert 1.79 refuses a file that has keys, or functions, unknown to it.
    "victoriametrics": Profile(keeps=False, dates=False),
    # Mimir takes what Prometheus took before 3.0.
    "mimir": Profile(),
}
