"""Logs as agents write and rotate them, with the totals that a correct reading gives."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROTATIONS = ("rename", "copytruncate", "symlink", "recreate", "keep-open-and-rename", "gzip")


class Log:
    """One log that is appended to and rotated in one of the ways that the field knows.

    `totals` counts what was written, by metric and labels. Lines of one session stay in this log.
    """

    def __init__(self, folder: Path, name: str, way: str, seed: int) -> None:
        """Begin an empty log; `way` is one of ROTATIONS."""
        self.folder, self.name, self.way = folder, name, way
        self.totals: Counter[tuple[str, ...]] = Counter()
        self.lines = 0
        self.generations = 0
        self._random = random.Random(seed)
        self._ids: list[str] = []
        self._sessions: list[str] = []
        self._partial = b""
        self._path = folder / name
        if way == "symlink":
            self._retarget()
        self._file = self._path.open("ab", buffering=0)

    def write(self, count: int, *, partial: bool = False) -> None:
        """Append lines; with `partial`, the last one is left unfinished until the next call."""
        data = self._partial + b"".join(self._line() for _ in range(count))
        self._partial = b""
        if partial and data:
            cut = data.rindex(b"\n", 0, -1) + 1 if data.count(b"\n") > 1 else 0
            cut += (len(data) - cut) // 2
            data, self._partial = data[:cut], data[cut:]
        self._file.write(data)

    def rotate(self) -> None:
        """Rotate; an unfinished line is finished first, as loggers rotate between two records."""
        self.write(0)
        self.generations += 1
        old = self.folder / f"{self.name}.{self.generations:05}"
        if self.way == "copytruncate":
            shutil.copyfile(self._path, old)
            os.truncate(self._path, 0)
            return
        if self.way == "keep-open-and-rename":
            self._path.rename(old)
            self.write(3)  # the writer learns of it late
            self._file.close()
        elif self.way == "symlink":
            self._file.close()
            self._retarget()
        elif self.way == "recreate":
            self._file.close()
            self._path.unlink()
        else:
            self._file.close()
            self._path.rename(old)
        self._file = self._path.open("ab", buffering=0)
        if self.way == "gzip":
            with old.open("rb") as plain, gzip.open(f"{old}.gz", "wb") as packed:
                shutil.copyfileobj(plain, packed)
            old.unlink()

    def remove_old(self) -> None:
        """Remove what was rotated away; the caller knows that it was read."""
        current = self._path.resolve()
        for path in self.folder.glob(f"{self.name}*"):
            if path != self._path and path.resolve() != current:
                path.unlink()

    def close(self) -> None:
        """Finish the last line."""
        self.write(0)
        self._file.close()

    def _retarget(self) -> None:
        target = self.folder / f"{self.name}-{self.generations:05}"
        target.touch()
        fresh = self.folder / f".{self.name}.link"
        fresh.symlink_to(target.name)
        fresh.replace(self._path)

    def _line(self) -> bytes:
        self.lines += 1
        agent = f"{self.name}-{self._random.randrange(3)}"
        event = getattr(self, f"_{self._random.choice(('step', 'call', 'call', 'run', 'tool'))}")(
            agent
        )
        event["at"] = f"2026-01-01T00:{self.lines // 60000:02}:{self.lines / 1000 % 60:06.3f}Z"
        return json.dumps(event).encode() + b"\n"

    def _step(self, agent: str) -> dict[str, object]:
        self.totals["agent_steps_total", agent] += 1
        return {"kind": "step", "agent": agent}

    def _call(self, agent: str) -> dict[str, object]:
        again = self._ids and self._random.random() < 0.2
        name = self._random.choice(self._ids[-50:]) if again else f"{self.name}:{self.lines}"
        # What a repeated line says is the same, whoever writes it.
        chosen = random.Random(name)
        agent = f"{self.name}-{chosen.randrange(3)}"
        tokens, cents, ms = chosen.randrange(5000), chosen.randrange(100), chosen.randrange(9000)
        if not again:
            self._ids.append(name)
            self.totals["agent_llm_requests_total", agent] += 1
            self.totals["agent_token_usage_total", agent] += tokens
            self.totals["agent_cost_usd_total", agent] += cents
            # Each agent has one session: a few, so that all of them lead.
            self.totals["agent_session_tokens", agent] += tokens
            self.totals["agent_session_cost_usd", agent] += cents
            self.totals["agent_sessions_total", agent] = 1
            self.totals["agent_llm_latency_seconds_count", agent] += 1
            self.totals["agent_llm_latency_seconds_sum", agent] += ms
        return {
            "kind": "call", "id": name, "agent": agent, "model": "m", "tokens": tokens,
            "cost": cents / 100, "ms": ms,
        }  # fmt: skip

    def _run(self, agent: str) -> dict[str, object]:
        if self._sessions and self._random.random() < 0.6:
            session = self._sessions.pop(0)
            agent = session.split("/")[0]
            self.totals["agent_tasks_total", agent] += 1
            self.totals["agent_tasks_in_progress", agent] -= 1
            return {"kind": "end", "session": session, "agent": agent}
        session = f"{agent}/{self.lines}"
        self._sessions.append(session)
        self.totals["agent_tasks_in_progress", agent] += 1
        return {"kind": "begin", "session": session, "agent": agent}

    def _tool(self, agent: str) -> dict[str, object]:
        # A run of a session's own, so that it is three long or not, wherever it is cut.
        part = self.totals["parts", agent] = self.totals["parts", agent] + 1
        session, place = divmod(part - 1, 4)
        tool = "grep" if place < 3 else "sed"
        self.totals["agent_tool_loops_total", agent] += place == 2
        return {"kind": "tool", "session": f"{agent}/{session}", "tool": tool, "agent": agent}
