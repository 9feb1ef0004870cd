"""Outputs: for which servers files are written, and what is written beside the plain files."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from spec.model import Kubernetes, Outputs
from spec.reading import constants, string, texts

if TYPE_CHECKING:
    from spec.model import Names, OnCall, RuleServer, Target
    from spec.node import Node
    from spec.reading import Reading

USUAL = Outputs()


def read_outputs(node: Node | None) -> Outputs:
    """Read what is written and for whom; without the section, plain files that all servers take."""
    if node is None:
        return USUAL
    grafana = node.get("grafana")
    return Outputs(
        prometheus=cast("RuleServer", string(node.get("prometheus"), USUAL.prometheus)),
        alertmanager=string(node.get("alertmanager"), USUAL.alertmanager),
        targets=cast("tuple[Target, ...]", texts(node.get("targets"))) or USUAL.targets,
        kubernetes=_kubernetes(node.get("kubernetes")),
        datasource=string(grafana.get("datasource") if grafana else None, USUAL.datasource),
        folder=string(grafana.get("folder") if grafana else None),
        names=cast("Names", string(node.get("names"), USUAL.names)),
    )


def check_outputs(outputs: Outputs, oncall: OnCall, into: Reading) -> None:
    """Note what Kubernetes' AlertmanagerConfig can't say, where it is asked for."""
    if "kubernetes" not in outputs.targets:
        return
    for receiver in oncall.receivers:
        if receiver.origin and receiver.origin.get("telegram"):
            # It leaves out an empty `parse_mode`, and the default is HTML.
            message = "has no place in Kubernetes, whose AlertmanagerConfig can't send plain text"
            hint = "use another channel, or leave kubernetes out of outputs.targets"
            into.problems.append(receiver.origin.key_problem("telegram", message, hint))
    for time in oncall.mute_times:
        for interval in time.origin.elements() if time.origin else []:
            if location := interval.get("location"):
                message = "has no place in Kubernetes, whose AlertmanagerConfig knows only UTC"
                into.wrong(location, message, "say the times in UTC")


def _kubernetes(node: Node | None) -> Kubernetes:
    usual = USUAL.kubernetes
    if node is None:
        return usual
    return Kubernetes(
        namespace=string(node.get("namespace"), usual.namespace),
        labels=constants(node.get("labels")),
        secret=string(node.get("secret"), usual.secret),
        monitor="services" if string(node.get("monitor")) == "services" else usual.monitor,
        labelled=constants(node.get("labelled")) or usual.labelled,
        port=string(node.get("port"), usual.port),
    )
