"""Receivers: each channel in Alertmanager's words, its texts from the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Map

    from spec.model import Receiver

_CONFIGS = {"msteams": "msteamsv2_configs"}


def spelled_receiver(receiver: Receiver) -> dict[str, object]:
    """Spell a receiver with all of its channels; each tells also when an alert is resolved."""
    spelled: dict[str, object] = {"name": receiver.name}
    for kind, settings in receiver.channels:
        channels = spelled.setdefault(_CONFIGS.get(kind, f"{kind}_configs"), [])
        if isinstance(channels, list):
            channels.append({"send_resolved": True, **_CHANNELS[kind](settings)})
    return spelled


def _pagerduty(settings: Map[str, object]) -> dict[str, object]:
    return {
        "routing_key_file": settings["routing_key_file"],
        "description": _template("title"),
        "severity": _template("pagerduty.severity"),
        "class": "{{ .CommonLabels.category }}",
        "component": "{{ .CommonLabels.agent }}",
        "group": "{{ .CommonLabels.fleet }}",
        "details": {"firing": _template("firing"), "resolved": _template("resolved")},
        # A link whose parts are both empty is left out by Alertmanager.
        "links": [
            {"href": _template(name), "text": _template(f"{name}.word")}
            for name in ("runbook", "dashboard")
        ],
    }


def _opsgenie(settings: Map[str, object]) -> dict[str, object]:
    return {
        "api_key_file": settings["api_key_file"],
        **({"api_url": settings["api_url"]} if "api_url" in settings else {}),
        "message": _template("title"),
        "description": _template("text"),
        "priority": _template("opsgenie.priority"),
        "entity": "{{ .CommonLabels.agent }}",
        # Empty ones are left out.
        "tags": "{{ .CommonLabels.category }},{{ .CommonLabels.fleet }}",
        # Alerts that join a group later are to be read too.
        "update_alerts": True,
    }


def _slack(settings: Map[str, object]) -> dict[str, object]:
    return {
        "api_url_file": settings["api_url_file"],
        "channel": settings["channel"],
        "color": _template("slack.colour"),
        "title": _template("slack.title"),
        "text": _template("slack.text"),
        "fallback": _template("slack.title"),
    }


def _msteams(settings: Map[str, object]) -> dict[str, object]:
    return {
        "webhook_url_file": settings["webhook_url_file"],
        "title": _template("title"),
        "text": _template("markdown.text"),
    }


def _discord(settings: Map[str, object]) -> dict[str, object]:
    return {
        "webhook_url_file": settings["webhook_url_file"],
        "title": _template("title"),
        "message": _template("markdown.text"),
    }


def _telegram(settings: Map[str, object]) -> dict[str, object]:
    return {
        "bot_token_file": settings["bot_token_file"],
        "chat_id": settings["chat"],
        **({"message_thread_id": settings["thread"]} if "thread" in settings else {}),
        # Plain text: Alertmanager cuts what is too long, and half a tag would be refused.
        "parse_mode": "",
        "message": f"{_template('title')}\n\n{_template('short')}",
    }


def _pushover(settings: Map[str, object]) -> dict[str, object]:
    return {
        "user_key_file": settings["user_key_file"],
        "token_file": settings["token_file"],
        "title": _template("title"),
        "message": _template("short"),
        "url": _template("runbook"),
        "url_title": "Runbook",
        "priority": _template("pushover.priority"),
    }


def _email(settings: Map[str, object]) -> dict[str, object]:
    names = {
        "to": "to",
        "from": "from",
        "smarthost": "smarthost",
        "username": "auth_username",
        "password_file": "auth_password_file",
        "require_tls": "require_tls",
    }
    return {
        **{theirs: settings[ours] for ours, theirs in names.items() if ours in settings},
        "headers": {"Subject": _template("title")},
        "html": _template("html"),
        "text": _template("text"),
    }


def _webhook(settings: Map[str, object]) -> dict[str, object]:
    address = "url_file" if "url_file" in settings else "url"
    spelled: dict[str, object] = {address: settings[address]}
    if "token_file" in settings:
        spelled["http_config"] = {"authorization": {"credentials_file": settings["token_file"]}}
    return spelled


_CHANNELS: Map[str, Callable[[Map[str, object]], dict[str, object]]] = {
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "slack": _slack,
    "msteams": _msteams,
    "discord": _discord,
    "telegram": _telegram,
    "pushover": _pushover,
    "email": _email,
    "webhook": _webhook,
}


def _template(name: str) -> str:
    return f'{{{{ template "agentgauge.{name}" . }}}}'
