"""AlertmanagerConfig: the same routes, receivers and inhibitions as in the plain configuration.

Made of that configuration, key by key: the operator spells it in its own way, and takes secrets
from a Secret instead of files.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from generator.targets.kubernetes.resource import artefact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Map

    from generator.model import Artefact, Model

    Tree = dict[str, Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MATCHER = re.compile(r'\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(".*")\s*', re.DOTALL)
_UPPER = frozenset({"url", "id", "tls"})
# What the operator calls by another name than the rule would make of it, by kind of receiver.
_NAMES = {
    ("discord", "webhook_url_file"): "apiURL",
    ("msteams", "webhook_url_file"): "webhookUrl",
    ("webhook", "url_file"): "urlSecret",
    ("pagerduty", "links"): "pagerDutyLinkConfigs",
    ("pagerduty", "images"): "pagerDutyImageConfigs",
}
# Mappings of free names, which the operator writes as lists.
_PAIRS = frozenset({"details", "headers"})


def artefacts(model: Model, made: tuple[Artefact, ...]) -> tuple[Artefact, ...]:
    """Write the configuration, and the templates that its messages are made with."""
    files = {one.path: one.text for one in made}
    plain = yaml.load(files["alerts/alertmanager.yml"], _LOADER)  # noqa: S506 (a safe one)
    templates = {
        PurePosixPath(path).name: text
        for path, text in files.items()
        if path.startswith("alerts/templates/")
    }
    name = model.fleet
    return (
        artefact(
            model,
            f"{name}.alertmanagerconfig.yaml",
            "monitoring.coreos.com/v1alpha1",
            "AlertmanagerConfig",
            name,
            spec=configuration(plain, model.fleet, model.outputs.kubernetes.secret),
        ),
        artefact(
            model,
            f"{name}-templates.configmap.yaml",
            "v1",
            "ConfigMap",
            f"{name}-templates",
            data=templates,
        ),
    )


def configuration(plain: Tree, fleet: str, secret: str) -> Tree:
    """Say a plain configuration as the operator does; secrets become keys of one Secret.

    The operator hangs the routes of many configurations below one root: ours take only this
    fleet's alerts.
    """
    keys = secret_keys(plain)
    ours = {"name": "fleet", "matchType": "=", "value": fleet}
    route = {"matchers": [ours], **_route(plain["route"])}
    spelled: Tree = {
        "route": {"receiver": route.pop("receiver"), **route},
        "receivers": [_receiver(one, secret, keys) for one in plain["receivers"]],
    }
    if inhibited := plain.get("inhibit_rules"):
        spelled["inhibitRules"] = [_inhibition(one) for one in inhibited]
    if times := plain.get("time_intervals"):
        spelled["muteTimeIntervals"] = [_mute_time(one) for one in times]
    return spelled


def secret_keys(plain: Tree) -> dict[str, str]:
    """Name the Secret's key for each secret file: the file's own name, where it is the only one."""
    files = dict.fromkeys(_files(plain["receivers"]))
    named = Counter(PurePosixPath(file).name for file in files)
    return {
        file: name
        if named[name := PurePosixPath(file).name] == 1
        else file.strip("/").replace("/", ".")
        for file in files
    }


def _files(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _files(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("_file"):
                yield str(inner)
            else:
                yield from _files(inner)


def camel(name: str) -> str:
    """Spell a key as the operator does: `api_url` is `apiURL`."""
    first, *rest = name.split("_")
    return first + "".join(w.upper() if w in _UPPER else w.capitalize() for w in rest)


def _route(route: Tree) -> Tree:
    spelled = {camel(name): value for name, value in route.items()}
    if "matchers" in spelled:
        spelled["matchers"] = [_matcher(text) for text in spelled["matchers"]]
    if "routes" in spelled:
        spelled["routes"] = [_route(one) for one in spelled["routes"]]
    return spelled


def _inhibition(rule: Tree) -> Tree:
    return {
        "sourceMatch": [_matcher(text) for text in rule["source_matchers"]],
        "targetMatch": [_matcher(text) for text in rule["target_matchers"]],
        "equal": rule["equal"],
    }


def _matcher(text: str) -> Tree:
    """Take a matcher apart: `severity=~"critical|emergency"`."""
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no matcher")
    name, operator, value = found.groups()
    return {"name": name, "matchType": operator, "value": json.loads(value)}


def _mute_time(time: Tree) -> Tree:
    return {
        "name": time["name"],
        "timeIntervals": [_interval(one) for one in time["time_intervals"]],
    }


def _interval(interval: Tree) -> Tree:
    spelled = {camel(name): value for name, value in interval.items() if name != "days_of_month"}
    if "times" in spelled:
        spelled["times"] = [{camel(k): v for k, v in one.items()} for one in spelled["times"]]
    if "days_of_month" in interval:
        spelled["daysOfMonth"] = [_days(str(one)) for one in interval["days_of_month"]]
    return spelled


def _days(stretch: str) -> Tree:
    first, _, last = stretch.partition(":")
    return {"start": int(first), "end": int(last or first)}


def _receiver(receiver: Tree, secret: str, keys: Map[str, str]) -> Tree:
    spelled: Tree = {"name": receiver["name"]}
    for name, channels in receiver.items():
        if name.endswith("_configs"):
            kind = name.removesuffix("_configs")
            spelled[camel(name)] = [_channel(one, kind, secret, keys) for one in channels]
    return spelled


def _channel(value: Tree, kind: str, secret: str, keys: Map[str, str]) -> Tree:
    return dict(_setting(name, inner, kind, secret, keys) for name, inner in value.items())


def _setting(
    name: str,
    value: Any,  # noqa: ANN401 (of a document)
    kind: str,
    secret: str,
    keys: Map[str, str],
) -> tuple[str, Any]:
    spelled = _NAMES.get((kind, name), camel(name.removesuffix("_file")))
    if name.endswith("_file"):
        return spelled, {"name": secret, "key": keys[value]}
    if name in _PAIRS:
        return spelled, [{"key": key, "value": text} for key, text in value.items()]
    if spelled == "pagerDutyLinkConfigs":
        return spelled, [{"href": one["href"], "alt": one["text"]} for one in value]
    if isinstance(value, dict):
        return spelled, _channel(value, kind, secret, keys)
    if isinstance(value, list):
        parts = [_channel(o, kind, secret, keys) if isinstance(o, dict) else o for o in value]
        return spelled, parts
    return spelled, value
