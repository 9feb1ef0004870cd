"""Alertmanager's configuration: who is told what, how it is bundled, and how it reads.

Written for Alertmanager 0.25, and for what the spec asks of later ones. Secrets are named by their
files and never stand here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.conventions import header
from generator.model import Artefact
from generator.targets.alertmanager.channels import spelled_receiver
from generator.targets.alertmanager.inhibitions import inhibit_rules
from generator.targets.alertmanager.routes import DIGESTS, route_tree, time_intervals
from generator.yaml_text import dump

if TYPE_CHECKING:
    from generator.model import Model

__all__ = ["CONFIGURATION", "DIGESTS", "TEMPLATES", "artefacts"]

CONFIGURATION = "alerts/alertmanager.yml"

TEMPLATES = Path(__file__).parents[1] / "templates"


def artefacts(model: Model) -> tuple[Artefact, ...]:
    """Write the configuration and the message templates that it loads."""
    said = header(model.spec_file)
    return (
        Artefact(CONFIGURATION, dump(_configuration(model), said)),
        *(
            Artefact(
                f"alerts/templates/{path.name}",
                f"{{{{/* {said} */}}}}\n{path.read_text(encoding='utf-8')}",
            )
            for path in sorted(TEMPLATES.glob("*.tmpl"))
        ),
    )


def _configuration(model: Model) -> dict[str, object]:
    oncall = model.oncall
    times = {"time_intervals": time_intervals(oncall.mute_times)} if oncall.mute_times else {}
    # The global section is left out while it is empty: Alertmanager takes no null for it.
    return {
        "templates": ["templates/*.tmpl"],
        "route": route_tree(oncall),
        **times,
        "inhibit_rules": inhibit_rules(model),
        "receivers": [spelled_receiver(r) for r in oncall.receivers],
    }
