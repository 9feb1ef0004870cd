"""The mapping language, typed: how one framework's lines become metrics. Data, never code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping as Map

    from spec.model import Family
    from spec.node import Node

Verb: TypeAlias = Literal["inc", "add", "observe", "set", "estimate"]

TOKENS = "agent_token_usage_total"
"""The family of tokens: what an event adds to it has a price."""

UNPRICED = "agent_unpriced_tokens_total"
"""The family that counts tokens whose price is not known; it follows estimates by itself."""

LIMIT = 20_000
"""Keys that a rule remembers, unless its spec says otherwise."""

UNSETTLED, UNSETTLED_FOR = 1_000, 60.0
"""How many observations of a rule wait for larger numbers, and for how many seconds of silence."""

KEPT = "$kept"
"""The head of a place that is a label which a pair's start has kept. No spec can write it."""

FORMATS = ("json", "json-stream", "document", "logfmt", "text", "otlp")

TEST_OPERATORS = (
    "exists",
    "not",
    "matches",
    "above",
    "below",
    "at_least",
    "at_most",
    "differs_from_sum_of",
)


@dataclass(frozen=True, slots=True)
class Path:
    """A place in a line, `("metadata", "breaker")`; a first part `$name` is not in the line."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Const:
    """A text that stands in the spec itself."""

    text: str


Field: TypeAlias = tuple[Path | Const, ...]
"""The first of these that is there."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """How a label's value is made: read `of`, cut out `match`, then `table` or `classes`.

    Absent or empty gives `absent`. What `table` lacks gives `other`, by default itself;
    what no class fits gives `other`, by default `other`.
    """

    of: Field
    match: str | None = None
    table: Map[str, str] | None = None
    classes: tuple[tuple[str, str], ...] = ()
    other: str | None = None
    absent: str = "unknown"


@dataclass(frozen=True, slots=True)
class Test:
    """A condition on one place. `op` is `is`, or one of TEST_OPERATORS but `not`.

    `differs_from_sum_of` takes the parts of a path with a `*`, which stands for every element.
    """

    path: Path
    op: str
    operand: tuple[str, ...] | str | float | bool
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """One family that an event moves. `scale` takes the field's unit to the family's base unit.

    `time`: the field is a point in time (`unit: time`). `table` maps texts to numbers: what it
    lacks gives `table_other`, by default itself; absent or empty gives `table_absent`.
    `state` is how a stateset's state is made.

    `estimate` is money for the tokens that the event adds, and so is a number that is not there
    where `estimate_absent` says so. `price_as`: tokens that have a price of their own, such as
    `cache_write_1h`, though they count with others. `price_tier` is how a request was served, such
    as `batch`, where that has prices of its own. `together` are the places of updates of the
    same event: what they take, added up, is what this one observes (see `spec.names`).
    """

    family: Family
    verb: Verb
    of: Field = ()
    minus: tuple[Field, ...] = ()
    table: Map[str, float] | None = None
    table_other: float | None = None
    table_absent: float | None = None
    unit: str | None = None
    scale: tuple[int, int] = (1, 1)
    time: bool = False
    skip_absent: bool = False
    estimate_absent: bool = False
    price_as: str | None = None
    price_tier: LabelRule | None = None
    state: LabelRule | None = None
    labels: Map[str, LabelRule] = field(default_factory=dict)
    together: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A key of several parts, each a field and a regular expression (or None) to cut out of it."""

    parts: tuple[tuple[Field, str | None], ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a rule remembers: so many keys, and none older by the events' time (in seconds)."""

    limit: int = LIMIT
    keep_for: float | None = None


@dataclass(frozen=True, slots=True)
class Dedupe:
    """Of the events of a key count the first, or of their numbers the largest (`keep`)."""

    by: Key
    keep: Literal["first", "max"] = "first"
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Delta:
    """What is added are running totals; count by how much they grow, for each key.

    `restarts`: a total that falls began anew; else it is passed over. `skip_first`: the first total
    of a key is where counting begins.
    """

    by: Key
    restarts: bool = True
    skip_first: bool = False
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Streak:
    """Apply when a run of equal values of `of` reaches `at`, once a run."""

    of: tuple[Path | Const, ...]
    by: Key
    at: int
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Pair:
    """A start or an end of something that lasts. `within` in seconds; see the language's page."""

    name: str
    role: Literal["start", "end"]
    by: Key
    in_progress: Family | None = None
    within: float = 3600.0
    limit: int = LIMIT


@dataclass(frozen=True, slots=True)
class EventRule:
    """When a line is of this kind, take these labels and move these families.

    `each` are nested loops: a name and the place whose elements it takes. `labels` holds all that
    are in force, the preset's own included. `kept`: labels that an end takes from its start.
    `remember` are the names that later lines of the stream may use, with what each stands for.
    """

    name: str
    when: tuple[Test, ...]
    each: tuple[tuple[str, Path], ...]
    labels: Map[str, LabelRule]
    updates: tuple[Update, ...]
    dedupe: Dedupe | None = None
    delta: Delta | None = None
    remember: Map[str, Field] = field(default_factory=dict)
    streak: Streak | None = None
    pair: Pair | None = None
    abandoned: str | None = None
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MappingTest:
    """Lines, and the samples that must come of them: in exposition text, comments left out.

    `source` names the source whose mappings read them; "" where a preset brings its own test.
    """

    name: str
    lines: str
    expect: str
    source: str = ""
    origin: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A preset's mapping. `time` is the place of the event's time, `time_unit` None for ISO.

    `patterns` are the regular expressions of the format `text`; the named groups of the first that
    is found in a line are its fields, `a__b` is the field `a.b`. `prefix`: JSON stands behind other
    text. It is a regular expression whose groups are fields too, "" where that text is dropped,
    None where there is none. `exemplar` is the name and place of what leads from a series to one
    of its events, such as a trace. `session` tells sessions apart, whose costs make a top list.
    `remember_by` is whose names are remembered: a key's, and not a file's. `places` are where the
    tool writes its logs by itself, `~` is a home directory. `tests` are what the
    preset itself says of its lines.
    """

    name: str
    format: str
    files: str
    time: Field
    time_unit: str | None
    events: tuple[EventRule, ...]
    patterns: tuple[str, ...] = ()
    prefix: str | None = None
    exemplar: tuple[str, Field] | None = None
    session: LabelRule | None = None
    remember_by: Key | None = None
    places: tuple[str, ...] = ()
    tests: tuple[MappingTest, ...] = ()
