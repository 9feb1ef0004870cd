"""The mixin, evaluated by jsonnet: the same rules and dashboards as the plain files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import _jsonnet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.jsonnet_text import write as jsonnet
from tests.generator.targets.fleets import below, made, read, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = made()
    out = tmp_path_factory.mktemp("mixin")
    write({**below(files, "mixin"), **below(files, "dashboards", ".json")}, out)
    return out


CHANGED = """{
  evaluationInterval: '1m', runbookURLPattern: 'https://wiki/%s', grafanaURL: 'https://dash',
  alertLabels: {team: 'a'}, recordingLabels: {tier: 'x'},
}"""


@pytest.fixture(scope="module")
def evaluated(folder: Path) -> dict[str, Any]:
    """Evaluate the mixin once: as it is, and with another configuration laid over its own."""
    snippet = f"""
      local mixin = import '{folder}/mixin/mixin.libsonnet';
      local other = mixin {{ _config+:: {CHANGED} }};
      {{
        visible: mixin,
        prometheusAlerts: mixin.prometheusAlerts,
        prometheusRules: mixin.prometheusRules,
        grafanaDashboards: mixin.grafanaDashboards,
        changedAlerts: other.prometheusAlerts,
        changedRules: other.prometheusRules,
      }}
    """
    return json.loads(_jsonnet.evaluate_snippet("test", snippet))  # type: ignore[no-any-return] # JSON


def test_it_is_hidden_as_mixins_are(evaluated: dict[str, Any]) -> None:
    assert evaluated["visible"] == {}


@pytest.mark.parametrize(
    ("part", "file"), [("prometheusAlerts", "alerts"), ("prometheusRules", "recording")]
)
def test_rules_are_those_of_the_plain_files(
    evaluated: dict[str, Any], part: str, file: str
) -> None:
    plain = read(made(), f"alerts/rules/support.{file}.yaml")
    assert evaluated[part] == plain


def test_dashboards_are_those_of_the_plain_files(evaluated: dict[str, Any]) -> None:
    plain = below(made(), "dashboards", ".json")
    assert evaluated["grafanaDashboards"] == {
        path.removeprefix("dashboards/"): json.loads(text) for path, text in plain.items()
    }


def test_the_configuration_changes_what_it_says_and_nothing_else(
    evaluated: dict[str, Any],
) -> None:
    plain = read(made(), "alerts/rules/support.alerts.yaml")
    for group in plain["groups"]:
        group["interval"] = "1m"
        for rule in group["rules"]:
            rule["labels"]["team"] = "a"
            notes = rule["annotations"]
            notes["runbook_url"] = f"https://wiki/{rule['alert']}"
            if "dashboard_url" in notes:
                path = notes["dashboard_url"].removeprefix("https://grafana.example.org")
                notes["dashboard_url"] = f"https://dash{path}"
    assert evaluated["changedAlerts"] == plain


def test_recorded_series_get_the_labels_of_the_configuration(evaluated: dict[str, Any]) -> None:
    groups = evaluated["changedRules"]["groups"]
    labels = [rule["labels"] for group in groups for rule in group["rules"]]
    assert labels
    assert all(one["tier"] == "x" for one in labels)


def test_it_is_formatted_as_jsonnetfmt_formats() -> None:
    for text in below(made(), "mixin").values():
        assert text.endswith("\n")
        assert "\t" not in text
        assert not re.search(r" \n|\n\n\n|^( {2})* \S", text, re.MULTILINE)


# A list at a time: to start jsonnet costs more than all that it reads.
@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        ),
        min_size=5,
    )
)
def test_any_value_is_spelt_so_that_jsonnet_reads_it(value: object) -> None:
    # Jsonnet knows no halves of surrogate pairs, and hypothesis gives none.
    assert json.loads(_jsonnet.evaluate_snippet("test", jsonnet(value))) == value
