"""What which Alertmanager can do: a channel that keeps its secret in a file came later than it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec.node import Node
    from spec.reading import Reading

# A channel, or one of its keys: the first version that has it, and what it is called there.
_SINCE = {
    ("webhook", "url_file"): ("0.26", "url_file for webhooks"),
    ("telegram", ""): ("0.26", "bot_token_file for Telegram"),
    ("pushover", ""): ("0.26", "token_file for Pushover"),
    ("discord", ""): ("0.27", "webhook_url_file for Discord"),
    ("telegram", "thread"): ("0.28", "message_thread_id for Telegram"),
    ("msteams", ""): ("0.28", "msteamsv2_configs for Microsoft Teams"),
}


def check_channels(receiver: Node, version: str, into: Reading) -> None:
    """Note what a receiver asks for and this version of Alertmanager (`0.25`) lacks."""
    for kind, channels in receiver.items():
        for channel in channels.elements():
            for (needing, key), (needed, what) in _SINCE.items():
                if needing != kind or not _before(version, needed):
                    continue
                if not key or channel.has(key):
                    message = f"Alertmanager {version} has no {what}"
                    hint = f'it came with {needed}: set outputs: {{alertmanager: "{needed}"}}'
                    at, name = (channel, key) if key else (receiver, kind)
                    into.problems.append(at.key_problem(name, message, hint))


def _before(version: str, needed: str) -> bool:
    # What is no version has been refused already.
    minor = version.partition(".")[2]
    return minor.isdecimal() and int(minor) < int(needed.partition(".")[2])
