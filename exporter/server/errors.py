"""Why a server can't be started."""

from __future__ import annotations


class ListenError(Exception):
    """A server can't be started. The message says why, and what to do."""
