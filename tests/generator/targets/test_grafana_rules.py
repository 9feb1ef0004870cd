"""Alert rules for Grafana, against a schema of the file that it is provisioned with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from generator.targets import grafana_rules
from tests.generator.targets.fleets import made, other, read, rules, texts

SCHEMA = Path(__file__).parents[2] / "grafana" / "alert-rules.schema.json"
PATH = "grafana/alerting/support.yaml"


def provisioned() -> list[dict[str, Any]]:
    groups = read(made(), PATH)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules(made()) if "alert" in rule]


def test_the_file_is_one_that_grafana_takes() -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    errors = Draft202012Validator(schema).iter_errors(read(made(), PATH))
    assert [f"{e.json_path}: {e.message}" for e in errors] == []


def test_every_alert_is_there_with_its_query_and_its_waits() -> None:
    assert [
        (r["data"][0]["model"]["expr"], r.get("for"), r.get("keepFiringFor")) for r in provisioned()
    ] == [(r["expr"], r.get("for"), r.get("keep_firing_for")) for r in alerts()]


def test_uids_and_titles_tell_rules_apart_though_tiers_share_a_name() -> None:
    found = provisioned()
    assert len({rule["uid"] for rule in found}) == len(found)
    assert len({rule["title"] for rule in found}) == len(found)
    assert "AnswersErrorBudgetBurn fast" in {rule["title"] for rule in found}


def test_a_query_without_series_is_fine_and_one_that_fails_is_not() -> None:
    assert {(r["noDataState"], r["execErrState"]) for r in provisioned()} == {("OK", "Error")}


def test_groups_are_evaluated_at_grafanas_pace() -> None:
    # The spec says 15 s; Grafana knows multiples of 10 s.
    assert {group["interval"] for group in read(made(), PATH)["groups"]} == {"20s"}


def test_texts_take_the_number_and_not_grafanas_text_of_it() -> None:
    (rule,) = [r for r in provisioned() if r["title"] == "RetriesMany"]
    assert rule["annotations"]["description"] == (
        'It\'s {{ printf "%.10g" $values.A.Value }} for {{ $labels.agent }}, more than 5.'
    )


def test_a_dollar_of_a_label_names_no_environment_variable() -> None:
    (rule,) = [r for r in provisioned() if r["title"] == "RetriesMany"]
    assert rule["labels"]["price"] == "$$5"


def test_data_source_and_folder_are_those_of_the_spec() -> None:
    files = texts(grafana_rules.artefacts(other(datasource="mimir", folder="Agents"), ()))
    (group, *_) = read(files, PATH)["groups"]
    query, condition = group["rules"][0]["data"]
    assert group["folder"] == "Agents"
    assert (query["datasourceUid"], query["model"]["datasource"]["uid"]) == ("mimir", "mimir")
    assert condition["datasourceUid"] == "__expr__"
