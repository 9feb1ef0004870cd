"""What is pushed, as JSON or as protobuf, gives the same metrics as the same requests in a file."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agentgauge.servers import free_port
from tests.servers import eventually, exporter, get

if TYPE_CHECKING:
    from collections.abc import Iterator

PRESETS = ("otel-genai", "claude-code-otel", "codex-otel")
FIXTURES = Path(__file__).parents[2] / "presets"
KINDS: dict[str, tuple[str, type]] = {
    "resourceSpans": ("/v1/traces", ExportTraceServiceRequest),
    "resourceLogs": ("/v1/logs", ExportLogsServiceRequest),
}


def requests(preset: str) -> Iterator[dict[str, Any]]:
    """Give the requests of a preset's own small log that are right."""
    log = FIXTURES / preset
    file = log / "collector.jsonl" if log.is_dir() else FIXTURES / f"{preset}.jsonl"
    for line in file.read_text().splitlines():
        try:
            request = json.loads(line)
        except ValueError:
            continue
        if isinstance(request, dict) and KINDS.keys() & request and "null" not in line:
            yield request


def with_plain_ids(value: Any) -> Any:  # noqa: ANN401 - JSON may be anything
    """Write ids as JSON for protobuf has them, in Base64; OTLP/JSON has them in hex."""
    if isinstance(value, list):
        return [with_plain_ids(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(part)).decode()
        if key in {"traceId", "spanId"}
        else with_plain_ids(part)
        for key, part in value.items()
    }


def post(port: int, request: dict[str, Any], encoding: str) -> None:
    (name,) = KINDS.keys() & request
    path, message = KINDS[name]
    body = json.dumps(request).encode()
    if encoding == "application/x-protobuf":
        body = ParseDict(with_plain_ids(request), message()).SerializeToString()
    sent = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Content-Type": encoding}
    )
    with urllib.request.urlopen(sent, timeout=20) as answer:  # noqa: S310 - to this machine
        assert answer.status == 200


def of_agents(exposition: str) -> set[str]:
    """Give what agents moved; what could yet happen is shown as 0 while the exporter runs."""
    lines = exposition.splitlines()
    return {
        line for line in lines if line.startswith(("agent_", "mcp_")) and not line.endswith(" 0.0")
    }


def read_so_far(exposition: str) -> list[str]:
    return [line for line in exposition.splitlines() if line.startswith("agentgauge_lines_total")]


@pytest.mark.parametrize("encoding", ["application/json", "application/x-protobuf"])
def test_presets_count_what_is_pushed_like_what_is_read(encoding: str, tmp_path: Path) -> None:
    head = "version: 1\nfleet: f\ntiming: {born_at_zero: 0s}\nsources:\n"
    read = pushed = ""
    ports = {preset: free_port() for preset in PRESETS}
    for preset, port in ports.items():
        (tmp_path / f"{preset}.jsonl").write_text(
            "".join(json.dumps(request) + "\n" for request in requests(preset))
        )
        read += f"  - {{name: {preset}, file: {tmp_path}/{preset}.jsonl, preset: {preset}}}\n"
        listen = f"{{listen: 127.0.0.1:{port}}}"
        pushed += f"  - {{name: {preset}, otlp: {listen}, preset: {preset}}}\n"
    (tmp_path / "read.yaml").write_text(head + read)
    (tmp_path / "pushed.yaml").write_text(head + pushed)
    command = [sys.executable, "-m", "agentgauge", "export", "--once", f"{tmp_path}/read.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wanted = of_agents(done.stdout)
    assert any(line.startswith("agent_cost_usd_total") for line in wanted)
    with exporter(tmp_path / "pushed.yaml", tmp_path) as server:
        for preset, port in ports.items():
            for request in requests(preset):
                post(port, request, encoding)
        url = f"http://{server.address}/metrics"
        eventually(
            lambda: read_so_far(get(url)) == read_so_far(done.stdout), "sign that all was read", 20
        )
        assert sorted(of_agents(get(url)) ^ wanted) == []
