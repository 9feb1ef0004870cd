"""The status page: how each source fares, what was rejected and why, in one HTML file."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.model import Reject, SourceStatus, Status

REASONS = {
    "bad_time": "The time of the event is missing or is not a time; nothing is set by it.",
    "damaged": "A file is broken inside; what could be read of it counts, the rest does not.",
    "malformed": "The line is not valid in the source's format, so nothing could be read from it.",
    "missing": "The field to be added, observed or set is not in the line.",
    "negative": "The number is below zero, and a counter can only grow.",
    "no_key": "None of the fields that tell one event from another is in the line.",
    "no_start": "An end came without its start, so nothing is known about how long it took.",
    "not_a_number": "The field holds something that is not a number; it is never taken for 0.",
    "not_an_object": "The line is valid JSON, but a single value or a list where fields should be.",
    "not_finite": "The number is infinite or undefined.",
    "repeat": "The same push came again under its key; it counted when it came first.",
    "too_deep": "The line nests lists or objects deeper than any log should; it is not read.",
    "too_long": "The line is longer than the longest line that is read; the file goes on after it.",
    "unreadable": "A file or directory can't be read, most often for want of permission; it is "
    "tried again.",
    "vanished": "A file was removed before it was read to its end.",
}
"""What each reason of a reject means, in a sentence."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def render_status(status: Status, telemetry_path: str = "/metrics") -> str:
    """Write the page. It needs nothing from elsewhere, and no script."""
    fleet = escape(status.fleet)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{fleet} · agentgauge</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<div>
<p class="product">agentgauge <span>{escape(status.version)}</span></p>
<h1>{fleet}</h1>
</div>
<nav>
<a href="{escape(telemetry_path)}">{escape(telemetry_path)}</a>
<a href="/-/healthy">/-/healthy</a>
<a href="/-/ready">/-/ready</a>
</nav>
</header>
<main>
{_summary(status)}
{_sources(status.sources)}
{_rejects(status.sources)}
{_series(status)}
</main>
</body>
</html>
"""


def _summary(status: Status) -> str:
    lines = sum(sum(source.lines.values()) for source in status.sources)
    behind = sum(source.lag for source in status.sources)
    if not status.reading:
        state = ("bad", "Not reading")
    elif status.failure:
        state = ("bad", "Waiting for the disk")
    elif any(source.catching_up for source in status.sources):
        state = ("wait", "Reading history")
    else:
        state = ("good", "Following")
    facts = (
        ("State", _state(*state)),
        ("Uptime", duration(status.uptime)),
        ("Lines read", count(lines)),
        ("Behind", size(behind)),
        ("Series", count(sum(status.series.values()))),
    )
    items = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    why = f'<p class="failure">{escape(status.failure)}</p>' if status.failure else ""
    return f'<dl class="facts">{items}</dl>{why}'


def _sources(sources: Iterable[SourceStatus]) -> str:
    sources = tuple(sources)
    outcomes = sorted({outcome for source in sources for outcome in source.lines})
    rows = [
        (
            escape(source.name),
            _state("wait", "reading history")
            if source.catching_up
            else _state("good", "following"),
            count(source.streams),
            size(source.lag),
            duration(source.late),
            *(count(source.lines.get(outcome, 0)) for outcome in outcomes),
        )
        for source in sources
    ]
    # Said once, so that the table is no wider than a page.
    lines = [f"{'' if number else 'Lines: '}{escape(o)}" for number, o in enumerate(outcomes)]
    heads = ("Source", "State", "Files", "Behind", "Waiting for", *lines)
    body = _table(heads, rows, text=2) if rows else _nothing("There is no source.")
    return _section("Sources", body)


def _rejects(sources: Iterable[SourceStatus]) -> str:
    rejects = [(source.name, reject) for source in sources for reject in source.rejects]
    rejects.sort(key=lambda pair: -pair[1].count)
    rows = [
        (
            escape(source),
            f"<code>{escape(reject.rule)}</code>",
            _reason(reject),
            count(reject.count),
        )
        for source, reject in rejects
    ]
    heads = ("Source", "Rule", "Reason", "Count")
    body = _table(heads, rows, text=3) if rows else _nothing("Nothing was rejected.")
    return _section("Rejects", body)


def _reason(reject: Reject) -> str:
    meaning = (
        f'<p class="meaning">{escape(REASONS[reject.reason])}</p>'
        if (reject.reason in REASONS)
        else ""
    )
    sample = f'<pre class="sample">{escape(reject.sample)}</pre>' if reject.sample else ""
    return f"<code>{escape(reject.reason)}</code>{meaning}{sample}"


def _series(status: Status) -> str:
    most = max(status.series.values(), default=0)
    rows = [
        (
            f"<code>{escape(family)}</code>",
            f'<meter min="0" max="{most}" value="{number}"></meter>',
            count(number),
        )
        for family, number in sorted(status.series.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    body = _table(("Family", "", "Series"), rows, text=2) if rows else _nothing("No series yet.")
    return _section("Series", body)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _state(colour: str, word: str) -> str:
    return f'<span class="state"><span class="dot {colour}"></span>{word}</span>'


def _nothing(sentence: str) -> str:
    return f'<p class="nothing">{sentence}</p>'


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]], text: int) -> str:
    """Write a table of ready HTML; the first `text` columns hold text, the others numbers."""

    def cells(tag: str, row: Iterable[str]) -> str:
        return "".join(
            f"<{tag}>{cell}</{tag}>" if i < text else f'<{tag} class="number">{cell}</{tag}>'
            for i, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', heads)}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'


def count(number: int) -> str:
    """Write a number with thin spaces between its thousands, as `12 345`."""
    return f"{number:,}".replace(",", "\u202f")


def size(number: int) -> str:
    """Write a number of bytes: `0 B`, `812 B`, `3.4 MiB`."""
    step = 1024
    if number < step:
        return f"{number} B"
    value = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        value /= step
        if value < step:
            return f"{value:.1f} {unit}"
    return f"{value / step:.1f} TiB"


def duration(seconds: float) -> str:
    """Write a time in its two largest units: `41 s`, `3 h 12 min`, `5 d 2 h`."""
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


_STYLE = """
:root {
  --ground: #f6f7f9; --card: #fff; --ink: #1b2029; --quiet: #5d6675; --line: #dfe3e9;
  --link: #0b5fb4; --good: #1a8a4a; --wait: #b86e00; --bad: #c5283d; --bar: #4c82c3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111418; --card: #1a1e24; --ink: #e5e9ef; --quiet: #98a2b3; --line: #2c333d;
    --link: #7db8f5; --good: #4cc07c; --wait: #e5a54b; --bad: #f2707e; --bar: #5b93d6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header, main { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem; }
header {
  display: flex; flex-wrap: wrap; gap: .75rem 2rem; align-items: flex-end;
  justify-content: space-between; padding-top: 2rem;
}
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .6rem; font-size: 1.05rem; }
.product { margin: 0 0 .2rem; color: var(--quiet); font-weight: 600; }
.product span { font-weight: 400; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code { white-space: nowrap; }
nav a, code, pre {
  font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace;
  font-size: .86em;
}
.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
  margin: 1.5rem 0 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; overflow: hidden;
}
.facts div { padding: .8rem 1.1rem; box-shadow: 1px 0 var(--line), 0 1px var(--line); }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: .1rem 0 0; font-size: 1.1rem; font-weight: 600; }
.state { white-space: nowrap; }
section { margin: 2rem 0; }
.scroll {
  overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
}
table { width: 100%; border-collapse: collapse; }
th, td { padding: .55rem 1.1rem; text-align: left; vertical-align: top; }
th { color: var(--quiet); font-size: .85rem; font-weight: 600; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dd { font-variant-numeric: tabular-nums; }
.meaning { margin: .1rem 0 0; min-width: 15rem; color: var(--quiet); max-width: 38rem; }
.sample {
  margin: .4rem 0 .2rem; padding: .45rem .6rem; max-width: 38rem; max-height: 8rem; overflow: auto;
  background: var(--ground); border-radius: 5px; white-space: pre-wrap; overflow-wrap: anywhere;
}
.failure {
  margin: .9rem 0 0; padding: .7rem 1.1rem; color: var(--bad); background: var(--card);
  border: 1px solid var(--bad); border-radius: 8px; overflow-wrap: anywhere;
}
.nothing {
  margin: 0; padding: .85rem 1.1rem; color: var(--quiet); background: var(--card);
  border: 1px solid var(--line); border-radius: 8px;
}
.dot {
  display: inline-block; width: .6em; height: .6em; margin-right: .45em; border-radius: 50%;
}
.dot.good { background: var(--good); }
.dot.wait { background: var(--wait); }
.dot.bad { background: var(--bad); }
meter {
  width: 100%; min-width: 6rem; height: .5rem; border: 0; background: none; vertical-align: middle;
}
meter::-webkit-meter-inner-element { height: .5rem; }
meter::-webkit-meter-bar { background: var(--ground); border: 0; border-radius: 4px; }
meter::-webkit-meter-optimum-value { background: var(--bar); border-radius: 4px; }
meter::-moz-meter-bar { background: var(--bar); border-radius: 4px; }
"""
