"""What is set on the command line holds for the exporter as it is served."""

from __future__ import annotations

import base64
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import bcrypt
import pytest

from agentgauge.servers import free_port
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path


def test_a_password_of_the_web_configuration_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"event_type":"step","agent_id":"a"}\n')
    hashed = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
    config = tmp_path / "web.yml"
    config.write_text(f"basic_auth_users:\n  prometheus: {hashed}\n")
    port = free_port()
    url = f"http://127.0.0.1:{port}/metrics"

    def ask(password: str) -> int:
        token = base64.b64encode(f"prometheus:{password}".encode()).decode()
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    command = [
        sys.executable, "-m", "agentgauge", "export", "--preset", "hardened-agent",
        str(tmp_path / "a.jsonl"), f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={config}", f"--state-dir={tmp_path / 'state'}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: ask("right") == 200, "metrics for who knows the password")
        assert ask("wrong") == 401
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tls_server_config: {cert_file: none.pem}\n", "web.yml:1:"),
        ("basic_auth_user: {}\n", "web.yml:1:1: basic_auth_user: "),
    ],
)
def test_a_wrong_web_configuration_stops_the_start_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "web.yml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "agentgauge", "export", "--preset", "hardened-agent", "a.jsonl",
         "--web.listen-address=127.0.0.1:0", "--web.config.file=web.yml", "--state-dir=state"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env={"PYTHONPATH": str(__file__).rpartition("/tests/")[0], "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode == 1
    assert said in done.stderr
