"""Rules as each server takes them, and what the servers' own programs say of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import pytest

from generator.targets import rules as rule_files
from spec.model import RuleServer
from tests.generator.targets.fleets import below, model, other, read, rules, texts, write

if TYPE_CHECKING:
    from pathlib import Path

SERVERS: tuple[RuleServer, ...] = get_args(RuleServer)
KINDS = ("recording", "alerts")


@cache
def files_for(server: RuleServer) -> dict[str, str]:
    return texts(rule_files.artefacts(other(prometheus=server)))


def groups(server: RuleServer) -> list[dict[str, Any]]:
    files = files_for(server)
    return [
        group
        for kind in KINDS
        for group in read(files, f"alerts/rules/support.{kind}.yaml")["groups"]
    ]


def program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install -y {package}")
    return found


def written(server: RuleServer, folder: Path) -> list[str]:
    write(below(files_for(server), "alerts/rules"), folder)
    return sorted(str(path) for path in (folder / "alerts/rules").iterdir())


@pytest.mark.parametrize("server", ["2.42", "victoriametrics", "mimir"])
def test_promtool_takes_what_is_written_for_servers_of_its_age(
    server: RuleServer, tmp_path: Path
) -> None:
    files = written(server, tmp_path)
    done = subprocess.run(
        [program("promtool", "prometheus"), "check", "rules", *files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def dry_run(files: list[str]) -> subprocess.CompletedProcess[str]:
    line = [program("vmalert", "victoria-metrics"), "-dryRun", *(f"-rule={file}" for file in files)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_vmalert_takes_what_is_written_for_it(tmp_path: Path) -> None:
    done = dry_run(written("victoriametrics", tmp_path))
    assert done.returncode == 0, done.stderr


def test_vmalert_would_not_take_what_prometheus_takes(tmp_path: Path) -> None:
    # If it did, the profile would be needed no more.
    done = dry_run(written("2.42", tmp_path))
    assert done.returncode != 0
    assert "keep_firing_for" in done.stderr


def test_only_vmalert_does_without_keep_firing_for() -> None:
    keeping = {
        server: any(
            "keep_firing_for" in rule for group in groups(server) for rule in group["rules"]
        )
        for server in SERVERS
    }
    assert keeping == {"2.42": True, "3": True, "victoriametrics": False, "mimir": True}


def test_prometheus_3_has_the_fleets_label_at_the_group_and_all_else_is_the_same() -> None:
    found = groups("3")
    for group in found:
        shared = group.pop("labels")
        assert shared == {"fleet": "support"}
        for rule in group["rules"]:
            assert "fleet" not in rule.get("labels", {})
            rule["labels"] = {**rule.get("labels", {}), **shared}
    assert found == groups("2.42")


@pytest.mark.parametrize("server", SERVERS)
def test_groups_and_names_are_such_as_every_server_takes(server: RuleServer) -> None:
    every = groups(server)
    assert len({group["name"] for group in every}) == len(every)
    for group in every:
        assert 0 < len(group["rules"]) <= 20
        assert len(group["name"]) <= 40
        kinds = {"record" if "record" in rule else "alert" for rule in group["rules"]}
        # vmalert writes what it records late: whoever reads it stands in another group.
        assert len(kinds) == 1
        for rule in group["rules"]:
            # A score is a family of the vocabulary, and is called as such.
            if "record" in rule and rule["record"] not in model().families:
                assert rule["record"].count(":") >= 2


@pytest.mark.parametrize("server", SERVERS)
def test_no_rule_asks_for_a_bucket_in_one_spelling_alone(server: RuleServer) -> None:
    exprs = [rule["expr"] for rule in rules(files_for(server))]
    assert any("le=" in expr for expr in exprs)
    for expr in exprs:
        assert not re.search(r'\ble="[0-9]+(\.0)?"', expr), expr
