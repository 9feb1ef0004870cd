"""All that a checkpoint holds, by part: saved in one record, restored part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from exporter.model import Durable, Plain


class State:
    """Parts by name. A part that is new, or no more there, is no error: specs change."""

    def __init__(self, parts: Mapping[str, Durable]) -> None:
        """Take the parts; their names must stay the same from version to version."""
        self._parts = dict(parts)

    def save(self, *, whole: bool) -> dict[str, Plain]:
        """Give what changed, or everything."""
        saved = ((name, part.save(whole=whole)) for name, part in self._parts.items())
        return {name: plain for name, plain in saved if plain is not None}

    def restore(self, records: Iterable[Mapping[str, Plain]], *, but: Collection[str] = ()) -> None:
        """Take up what the records say of each part, but for those that have never stopped."""
        records = tuple(records)
        for name, part in self._parts.items():
            mine = [record[name] for record in records if name in record]
            if mine and name not in but:
                part.restore(mine)
