"""The program's own log, on stderr: logfmt or JSON, as the exporters of the ecosystem write it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

_LEVELS = {
    "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR,
}  # fmt: skip


class Formatter(logging.Formatter):
    """One record a line; fields given as `extra={"fields": {...}}` stand beside the message."""

    def __init__(self, style: str) -> None:
        """`style` is logfmt or json."""
        super().__init__()
        self._json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields: dict[str, Any] = {
            "ts": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower().replace("warning", "warn"),
            "msg": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        if self._json:
            return json.dumps(fields)
        return " ".join(f"{key}={_quoted(str(value))}" for key, value in fields.items())


def _quoted(text: str) -> str:
    plain = text and not any(c in text for c in ' "=\n\\')
    return text if plain else json.dumps(text, ensure_ascii=False)


def configure(level: str, style: str) -> None:
    """Send the program's log to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(style))
    logging.basicConfig(level=_LEVELS[level], handlers=[handler], force=True)
