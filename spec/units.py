"""Units: from what a log writes to a family's base unit, as exact factors."""

from __future__ import annotations

# (written, base) -> (multiply by, divide by)
SCALES: dict[tuple[str, str], tuple[int, int]] = {
    ("ns", "s"): (1, 1_000_000_000),
    ("us", "s"): (1, 1_000_000),
    ("ms", "s"): (1, 1_000),
    ("s", "s"): (1, 1),
    ("min", "s"): (60, 1),
    ("h", "s"): (3600, 1),
    ("percent", "ratio"): (1, 100),
    ("ratio", "ratio"): (1, 1),
    ("usd", "usd"): (1, 1),
    ("cents", "usd"): (1, 100),
    ("micro_usd", "usd"): (1, 1_000_000),
    ("bytes", "bytes"): (1, 1),
    ("kib", "bytes"): (1024, 1),
}
