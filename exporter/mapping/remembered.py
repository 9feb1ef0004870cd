"""What earlier lines of a stream, or of a key, have told, for later ones to use as `$name`."""

from __future__ import annotations

from typing import TypeAlias

from exporter.mapping.memory import LONGEST_KEPT, Key, Memory

Names: TypeAlias = dict[str, str]
"""Texts by the names under which they are remembered."""


class Remembered(Memory[Names]):
    """The names of each stream (`remember`), or of each key (`remember_by`).

    That of which a block or a line comes is the youngest.
    """

    def of(self, stream: Key) -> Names:
        """Give the names of a stream whose lines are read now."""
        names: Names | None = self._entries.get(stream)
        if names is None:
            return {}
        self.touch(stream, names)
        return names

    def learn(self, stream: Key, names: Names, name: str, text: str | None) -> None:
        """Remember a text from this line on; a line that lacks it changes nothing.

        `names` is what `of` gave for the block.
        """
        if text is None:
            return
        names[name] = text[:LONGEST_KEPT]
        self.touch(stream, names)

    def value(self, plain: Names) -> Names:
        """Take a stream's names from a checkpoint."""
        return dict(plain)

    def plain(self, value: Names) -> Names:
        """Give a stream's names as a checkpoint holds them."""
        return dict(value)
