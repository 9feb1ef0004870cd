"""Each preset alone: the dashboards that a spec of ten lines gets, over live data of its log.

A page for each preset shows the exposition of its fixture, as `export --once` wrote it: at first
with all counts at 0, then as it is. A real Prometheus scrapes them all, as so many exporters.
"""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from generator.build import build
from generator.output import write
from spec.load import load_spec, preset_names
from tests.e2e.test_dashboards_live import filled, panels
from tests.preset_logs import FIXTURES, spec_of
from tests.servers import ask, eventually, prometheus, query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agentgauge.servers import Server

PRESETS = preset_names()
BUSY = 100
"""How often a fixture's log is played: panels that rank want some traffic."""

_TIMING = "timing: {scrape: 1s, evaluation: 2s, born_at_zero: 1s}\n"
_COUNTED = re.compile(r"^# TYPE (\S+) (?:counter|histogram)$", re.MULTILINE)
_ALERTS = re.compile(r"\bALERTS\b|\bALERTS_FOR_STATE\b")
"""What panels show of alerts: nothing, while none fires."""


def times(exposition: str, factor: int) -> str:
    """Multiply all that is counted."""
    counted = tuple(_COUNTED.findall(exposition))
    split = (line.rpartition(" ") for line in exposition.splitlines())
    lines = (
        f"{name} {float(value) * factor!r}" if name.startswith(counted) else f"{name} {value}"
        for name, _, value in split
    )
    return "\n".join(lines) + "\n"


class Pages:
    """The expositions, by preset; `moved` says which of the two is shown."""

    def __init__(self) -> None:
        self.moved = False
        texts = {name: (FIXTURES / f"{name}.prom").read_text("utf-8") for name in PRESETS}
        self._texts = {name: (times(text, 0), times(text, BUSY)) for name, text in texts.items()}

    def page(self, path: str) -> bytes:
        """Give the page of a preset."""
        return self._texts[path.strip("/")][self.moved].encode()


@contextmanager
def serving(pages: Pages) -> Iterator[str]:
    """Serve pages to Prometheus; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.page(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, float]]:
    """A Prometheus that has seen every preset's counts move."""
    folder = tmp_path_factory.mktemp("presets")
    write(build(load_spec(spec_of(folder, *PRESETS, more=_TIMING))), folder)
    targets = folder / "alerts/targets"
    targets.mkdir(parents=True, exist_ok=True)
    pages, started = Pages(), time.time()
    with serving(pages) as address:
        listed = [
            {
                "targets": [address],
                "labels": {"instance": name, "__metrics_path__": f"/{name}"},
            }
            for name in PRESETS
        ]
        (targets / "exporter.yml").write_text(json.dumps(listed))
        with prometheus(folder / "alerts/prometheus.yml", folder) as server:
            scraped = 'count(up{job="agentgauge"} == 1)'
            everybody = str(len(PRESETS))
            eventually(
                lambda: [s for s in query(server, scraped) if s["value"][1] == everybody],
                "scrape of every page",
            )
            time.sleep(2)
            pages.moved = True
            time.sleep(4)
            yield server, started


def empty_panels(dashboard: dict[str, Any], preset: str, server: Server, since: float) -> list[str]:
    """Name the panels of a dashboard that show nothing of this preset's exporter."""
    found = []
    for panel in panels(dashboard):
        targets = [t for t in panel.get("targets", []) if not _ALERTS.search(t["expr"])]
        if targets and not any(_shows(target, preset, server, since) for target in targets):
            found.append(panel["title"])
    return found


def _shows(target: dict[str, Any], preset: str, server: Server, since: float) -> bool:
    expression = filled(target["expr"].replace("$instance", preset))
    if target.get("instant"):
        return bool(query(server, expression))
    span = {"start": f"{since}", "end": f"{time.time()}", "step": "1"}
    return bool(ask(server, "query_range", query=expression, **span)["result"])


@pytest.mark.parametrize("preset", PRESETS)
def test_no_panel_of_a_presets_dashboards_is_empty(
    preset: str, live: tuple[Server, float], tmp_path: Path
) -> None:
    server, since = live
    made = [
        json.loads(artefact.text)
        for artefact in build(load_spec(spec_of(tmp_path, preset, more=_TIMING)))
        if re.fullmatch(r"dashboards/(?!agents-watching).*\.json", artefact.path)
    ]
    assert made

    def empty() -> dict[str, list[str]]:
        listed = {one["title"]: empty_panels(one, preset, server, since) for one in made}
        return {title: panels for title, panels in listed.items() if panels}

    deadline = time.monotonic() + 10
    while (found := empty()) and time.monotonic() < deadline:
        time.sleep(1)
    assert found == {}
