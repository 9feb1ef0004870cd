"""What is sent is kept before it is acknowledged; what can't be kept is refused with a reason."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import signal
import socket
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from exporter.receivers.keeping import MAX_BODY
from exporter.receivers.receiver import make_receiver
from exporter.server.errors import ListenError
from exporter.spool.source import SpoolSource
from exporter.spool.spool import Spool
from spec.model import Push
from spec.problems import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.model import Plain

ROOT = Path(__file__).parents[3]
HASH = "$2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze"
LINES = Push("lines", "127.0.0.1:0")
OTLP = Push("otlp", "127.0.0.1:0")
JSON, PROTOBUF = "application/json", "application/x-protobuf"


class Received:
    """A receiver, its spool, and who reads that."""

    def __init__(self, folder: Path, push: Push, limit: int = 1 << 30) -> None:
        self.spool = Spool(folder, limit)
        self.source = SpoolSource(self.spool)
        self.server = make_receiver(push, self.spool)
        self.server.start()
        self.port = int(self.server.server_address[1])

    def post(
        self, path: str, body: bytes | Iterator[bytes], method: str = "POST", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = not isinstance(body, bytes)
        if chunked:
            named["Transfer-Encoding"] = "chunked"
        connection.request(method, path, body, named, encode_chunked=chunked)
        response = connection.getresponse()
        answer = response.status, response.headers, response.read()
        connection.close()
        return answer

    def read(self) -> list[bytes]:
        return b"".join(block.data for block in self.source.blocks()).splitlines()

    def repeats(self) -> int:
        return sum(r.count for r in self.source.noticed().rejects if r.reason == "repeat")

    def close(self) -> None:
        self.server.stop()
        self.source.close()
        self.spool.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def lines(folder: Path) -> Iterator[Received]:
    received = Received(folder, LINES)
    yield received
    received.close()


@pytest.fixture
def otlp(folder: Path) -> Iterator[Received]:
    received = Received(folder, OTLP)
    yield received
    received.close()


# ---- lines ---------------------------------------------------------------------------------------


def test_lines_are_kept_and_counted(lines: Received) -> None:
    status, headers, body = lines.post("/v1/lines", b'{"a": 1}\n{"a": 2}')
    assert (status, headers["Content-Type"], body) == (200, JSON, b'{"lines": 2}\n')
    assert lines.post("/v1/lines", b"")[2] == b'{"lines": 0}\n'
    assert lines.post("/v1/lines", b"\xef\xbb\xbfno json\n")[2] == b'{"lines": 1}\n'
    assert lines.read() == [b'{"a": 1}', b'{"a": 2}', b"no json"]


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"a\nb\n", mtime=0)),
        ("GZIP", gzip.compress(b"a\n", mtime=0) + gzip.compress(b"b\n", mtime=0)),
        ("deflate", zlib.compress(b"a\nb\n")),
        ("identity", b"a\nb\n"),
    ],
    ids=["gzip", "in-capitals-and-in-two-pieces", "deflate", "not-packed"],
)
def test_packed_lines_are_unpacked(lines: Received, coding: str, packed: bytes) -> None:
    assert lines.post("/v1/lines", packed, Content_Encoding=coding)[2] == b'{"lines": 2}\n'
    assert lines.read() == [b"a", b"b"]


def test_chunks_are_put_together(lines: Received) -> None:
    assert lines.post("/v1/lines", iter([b"a\n", b"b", b"c\n"]))[2] == b'{"lines": 2}\n'
    assert lines.read() == [b"a", b"bc"]


@pytest.mark.parametrize(
    ("body", "coding", "status", "sentence"),
    [
        (b"x" * (MAX_BODY + 1), "", 413, b"The body is larger than 16 MiB; send it in parts.\n"),
        (
            gzip.compress(bytes(MAX_BODY + 1), mtime=0),
            "gzip",
            413,
            b"The body is larger than 16 MiB; send",
        ),
        (
            gzip.compress(bytes(MAX_BODY), mtime=0) * 2,
            "gzip",
            413,
            b"The body is larger than 16 MiB; send",
        ),
        (gzip.compress(b"a\n", mtime=0)[:-1], "gzip", 400, b"The packed body ends too early.\n"),
        (
            gzip.compress(b"", mtime=0) * 301,
            "gzip",
            400,
            b"The body is packed in too many pieces.\n",
        ),
        (b"a\n", "gzip", 400, b"The body is not packed as its Content-Encoding says.\n"),
        (b"a\n", "br", 415, b"This encoding is not known here; send gzip, deflate or none.\n"),
    ],
    ids=["large", "bomb", "two bombs", "cut", "pieces", "not packed", "unknown"],
)
def test_a_body_that_can_not_be_taken_is_refused(
    lines: Received, body: bytes, coding: str, status: int, sentence: bytes
) -> None:
    got, _, said = lines.post("/v1/lines", body, Content_Encoding=coding)
    assert (got, said[: len(sentence)]) == (status, sentence)
    assert lines.read() == []


def test_chunks_that_are_too_many_are_refused(lines: Received) -> None:
    body = itertools.repeat(b"x" * (1 << 20), (MAX_BODY >> 20) + 1)
    assert lines.post("/v1/lines", body)[0] == 413
    assert lines.read() == []


@pytest.mark.parametrize(
    "chunks",
    [
        b"x\r\n",
        b"-1\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"0\r\n" + b"A: b\r\n" * 100,
        b"1;" + b"x" * 9999,
    ],
)
def test_broken_chunks_are_refused(lines: Received, chunks: bytes) -> None:
    head = b"POST /v1/lines HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lines.port), timeout=20) as client:
        client.sendall(head + chunks)
        assert client.recv(12) == b"HTTP/1.1 400"
    assert lines.read() == []


def test_a_client_that_goes_away_leaves_nothing(lines: Received) -> None:
    for head in (b"Content-Length: 10", b"Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", lines.port), timeout=20) as client:
            client.sendall(b"POST /v1/lines HTTP/1.1\r\n" + head + b"\r\n\r\n5\r\na\n")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b""
    assert lines.read() == []


def test_a_client_that_waits_is_told_to_send_only_what_is_wanted(lines: Received) -> None:
    head = b"POST /v1/lines HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lines.port), timeout=20) as client:
        client.sendall(head % 2)
        assert client.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"a\n")
        assert client.recv(12) == b"HTTP/1.1 200"
    with socket.create_connection(("127.0.0.1", lines.port), timeout=20) as client:
        client.sendall(head % (MAX_BODY + 1))
        assert client.recv(12) == b"HTTP/1.1 413"


def test_a_repeated_key_counts_once(lines: Received) -> None:
    for key in ("1", "1", "2", "", ""):
        assert lines.post("/v1/lines", b"a\n", Idempotency_Key=key)[0] == 200
    assert lines.read() == [b"a"] * 4
    assert lines.repeats() == 1


def test_a_full_spool_asks_to_come_again(folder: Path) -> None:
    received = Received(folder, LINES, limit=1000)
    assert received.post("/v1/lines", b"x" * 900)[0] == 200
    status, headers, body = received.post("/v1/lines", b"x" * 900)
    assert (status, headers["Retry-After"]) == (429, "5")
    assert body == b"Too much waits to be read; send it again later.\n"
    list(received.source.blocks())
    received.source.save(whole=False)
    received.source.committed()
    assert received.post("/v1/lines", b"x" * 900)[0] == 200
    received.close()


def test_a_spool_that_is_closed_asks_to_come_again(lines: Received) -> None:
    lines.spool.close()
    status, headers, body = lines.post("/v1/lines", b"a\n")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert body == b"It can't be kept: the exporter is stopping. Send it again later.\n"


def test_lines_are_only_posted(lines: Received) -> None:
    assert lines.post("/v1/lines", b"", "GET")[0] == 405
    assert lines.post("/v1/logs", b"{}")[0] == 404
    assert lines.post("/v1/lines", b"a\n", Origin="https://example.org")[0] == 403
    assert lines.read() == []


# ---- OTLP ----------------------------------------------------------------------------------------


TRACE = {
    "resourceSpans": [{"scopeSpans": [{"spans": [{"name": "a", "spanId": "0102030405060708"}]}]}]
}
LOG = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"eventName": "b"}]}]}]}


def requests() -> tuple[ExportTraceServiceRequest, ExportLogsServiceRequest]:
    trace, log = ExportTraceServiceRequest(), ExportLogsServiceRequest()
    span = trace.resource_spans.add().scope_spans.add().spans.add()
    span.name, span.span_id = "a", bytes(range(1, 9))
    log.resource_logs.add().scope_logs.add().log_records.add().event_name = "b"
    return trace, log


def test_json_is_kept_in_one_line_each(otlp: Received) -> None:
    for path, sent in (("/v1/traces", TRACE), ("/v1/logs", LOG)):
        body = json.dumps(sent, indent=2).encode()
        kind = f"{JSON}; charset=utf-8"
        status, headers, answer = otlp.post(path, body, Content_Type=kind)
        assert (status, headers["Content-Type"], answer) == (200, JSON, b"{}")
    assert [json.loads(line) for line in otlp.read()] == [TRACE, LOG]


def test_protobuf_is_kept_as_json(otlp: Received) -> None:
    trace, log = (one.SerializeToString() for one in requests())
    for path, body, coding in (("/v1/traces", trace, ""), ("/v1/logs", gzip.compress(log), "gzip")):
        status, headers, answer = otlp.post(
            path, body, Content_Type=PROTOBUF, Content_Encoding=coding
        )
        assert (status, headers["Content-Type"], answer) == (200, PROTOBUF, b"")
    assert otlp.post("/v1/logs", b"", Content_Type=PROTOBUF)[0] == 200
    assert [json.loads(line) for line in otlp.read()] == [TRACE, LOG]


def test_the_same_bytes_again_are_a_repetition(otlp: Received) -> None:
    body = json.dumps(TRACE).encode()
    for sent, coding in ((body, ""), (gzip.compress(body), "gzip"), (body + b" ", "")):
        otlp.post("/v1/traces", sent, Content_Type=JSON, Content_Encoding=coding)
    for key in ("1", "2", "2"):
        otlp.post("/v1/traces", body, Content_Type=JSON, Idempotency_Key=key)
    assert len(otlp.read()) == 4
    assert otlp.repeats() == 2


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"a"', b"{", b"{}{}", b'{"a": "\n"}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_json_object_is_refused(otlp: Received, body: bytes) -> None:
    status, headers, answer = otlp.post("/v1/logs", body, Content_Type=JSON)
    assert (status, headers["Content-Type"]) == (400, JSON)
    assert json.loads(answer) == {"message": "This is no OTLP export request."}
    assert otlp.read() == []


def test_errors_are_told_in_the_senders_encoding(otlp: Received) -> None:
    text = b"This is no OTLP export request."
    answer = otlp.post("/v1/traces", b"\xff", Content_Type=PROTOBUF)
    assert answer[::2] == (400, bytes([0x12, len(text)]) + text)
    assert otlp.post("/v1/traces", b"x", Content_Type="text/plain")[0] == 415
    status, headers, body = otlp.post("/v1/traces", b"x" * (MAX_BODY + 1), Content_Type=JSON)
    assert (status, headers["Content-Type"]) == (413, JSON)
    assert json.loads(body)["message"].startswith("The body is larger than 16 MiB")


@pytest.mark.parametrize("length", [5, 127, 128, 300, 20_000])
def test_a_status_is_a_message_that_protobuf_reads(length: int) -> None:
    from exporter.receivers.otlp import status_message  # noqa: PLC0415 - beside what it tests

    # A log record's severity_text is field 3; a Status' message is field 2, as schema_url is here.
    log = requests()[1].resource_logs[0].scope_logs[0]
    log.Clear()
    log.ParseFromString(b"\x1a" + status_message("é" * length)[1:])
    assert log.schema_url == "é" * length


def test_metrics_are_not_taken(otlp: Received) -> None:
    status, _, body = otlp.post("/v1/metrics", b"{}", Content_Type=JSON)
    assert status == 404
    assert json.loads(body)["message"].startswith("Metrics are not taken here")


@given(st.binary(max_size=200), st.sampled_from([JSON, PROTOBUF]), st.sampled_from(["", "gzip"]))
@settings(max_examples=150, deadline=None)
def test_no_body_breaks_the_receiver(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, kind: str, coding: str
) -> None:
    received = _shared(tmp_path_factory)
    status, _, _ = received.post("/v1/logs", body, Content_Type=kind, Content_Encoding=coding)
    assert status in {200, 400}
    for line in received.read():
        assert isinstance(json.loads(line), dict)


_SHARED: list[Received] = []


def _shared(factory: pytest.TempPathFactory) -> Received:
    if not _SHARED:
        _SHARED.append(Received(factory.mktemp("spool"), OTLP))
    return _SHARED[0]


@pytest.fixture(scope="module", autouse=True)
def _shared_closed() -> Iterator[None]:
    yield
    while _SHARED:
        _SHARED.pop().close()


# ---- who may send --------------------------------------------------------------------------------


def test_a_token_is_asked_for(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    received = Received(folder, replace(LINES, token_file=str(tmp_path / "token")))
    given = [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer s3cret"}]
    assert [received.post("/v1/lines", b"a\n", **headers)[0] for headers in given] == [
        401,
        401,
        200,
    ]
    assert received.read() == [b"a"]
    received.close()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "the token can't be read: No such file or directory"),
        (b"\n", "a token is one word of visible ASCII letters"),
        (b"two words", "a token is one word of visible ASCII letters"),
        (b"\xff", "a token is one word of visible ASCII letters"),
        (b"x" * 5000, "a token is one word of visible ASCII letters"),
    ],
)
def test_a_token_that_is_none_stops_the_start(
    folder: Path, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    spool = Spool(folder, 1000)
    with pytest.raises(ListenError) as error:
        make_receiver(replace(LINES, token_file=str(path)), spool)
    assert str(error.value) == f"{path}: {reason}"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "basic_auth_users: {ann: $2y$10$mDwo.lAisC94iLAyP81MCesa29IzH37oigHC/42V2pdJlUprsJPze}",
            True,
        ),
        ("basic_auth_users: {}", False),
    ],
)
def test_other_machines_need_proof(folder: Path, tmp_path: Path, text: str, *, right: bool) -> None:
    web = tmp_path / "web.yml"
    web.write_text(text)
    spool = Spool(folder, 1000)
    push = Push("lines", "0.0.0.0:0", web_config=str(web))
    if right:
        make_receiver(push, spool).stop()
    else:
        with pytest.raises(ListenError, match="can be reached from other machines; set"):
            make_receiver(push, spool)


def test_a_wrong_web_configuration_stops_the_start(folder: Path, tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    web.write_text("user: ann")
    with pytest.raises(SpecError, match="is not known here"):
        make_receiver(replace(LINES, web_config=str(web)), Spool(folder, 1000))


# ---- kills ---------------------------------------------------------------------------------------


RECEIVER = """
import sys, threading
from pathlib import Path
from exporter.receivers.receiver import make_receiver
from exporter.spool.spool import Spool
from spec.model import Push
server = make_receiver(Push("lines", "127.0.0.1:0"), Spool(Path(sys.argv[1]), 1 << 30))
server.start()
print(server.server_address[1], flush=True)
threading.Event().wait()
"""


def test_acknowledged_pushes_count_once_over_kills(folder: Path) -> None:
    number = 0
    got: list[bytes] = []
    saves: list[Plain] = []
    for run in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", RECEIVER, folder], cwd=ROOT, stdout=subprocess.PIPE
        ) as receiver:
            assert receiver.stdout
            port = int(receiver.stdout.readline())
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            last = number + 10 + 7 * run
            while number <= last:
                sent = {"Idempotency-Key": str(number)}
                connection.request("POST", "/v1/lines", b"%d" % number, sent)
                if number == last:  # killed amid this one: the sender must repeat it
                    receiver.send_signal(signal.SIGKILL)
                    break
                assert connection.getresponse().read() == b'{"lines": 1}\n'
                number += 1
            connection.close()
        spool = Spool(folder, 1 << 30)
        source = SpoolSource(spool)
        source.restore(saves)
        got += [line for block in source.blocks() for line in block.data.splitlines()]
        saves.append(source.save(whole=not saves))
        source.close()
        spool.close()
    assert got[:number] == [b"%d" % n for n in range(number)]
    assert len(got) - number in {0, 1}
