"""Texts of alerts: Python renders them just as Prometheus does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from generator.texts import amount, link, placeholders, read_text
from spec.quantities import parse_amount
from tests.generator.rules import promtool

if TYPE_CHECKING:
    from pathlib import Path

    from generator.texts import Text

VALUES = (
    "0", "1", "5", "-5", "0.5", "0.25", "0.333333333333", "0.0004", "0.00000012", "1.5", "12.345",
    "12.344999", "15.625", "59.9999", "60", "-61", "3599.6", "3600", "86399", "90061", "123456",
    "99999.5", "1234567", "12345678901", "0.99995", "1e-30",
)  # fmt: skip
UNITS = (None, "ratio", "s", "usd", "bytes")
LABELS = {"agent": "a b&c/ä~%+", "class": "it's {{ x }}"}


def _texts() -> dict[str, Text]:
    texts = {f"unit_{unit}": read_text("{value}", {}, unit, {}) for unit in UNITS}
    texts["labels"] = read_text(
        "{agent}, {class}; {gone} and {other}.", {}, None, {"other": "any other", "agent": "none"}
    )
    texts["constants"] = read_text("{window} {{ $x }} {{agent}} {", {"window": "{{1h}"}, None, {})
    texts["link"] = link("http://x/d/u", ["agent", "gone", "other"], {"other": "$__all"})
    return texts


def test_every_value_and_label_is_rendered_as_prometheus_does(tmp_path: Path) -> None:
    texts = _texts()
    rule = {
        "alert": "Shown",
        "expr": "sum by (agent, class, value) (shown) != 1e99",
        "annotations": {name: text.template() for name, text in texts.items()},
    }
    labels = ",".join(f'{name}="{value}"' for name, value in LABELS.items())
    test = {
        "rule_files": ["../rules/shown.yaml"],
        "tests": [
            {
                "name": value,
                "interval": "1m",
                "input_series": [{"series": f"shown{{{labels}}}", "values": f"{value}x2"}],
                "alert_rule_test": [
                    {
                        "eval_time": "1m",
                        "alertname": "Shown",
                        "exp_alerts": [
                            {
                                "exp_labels": LABELS,
                                "exp_annotations": {
                                    name: text.render(LABELS, float(value))
                                    for name, text in texts.items()
                                },
                            }
                        ],
                    }
                ],
            }
            for value in VALUES
        ],
    }
    promtool.write(
        {
            "alerts/rules/shown.yaml": yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}),
            "alerts/tests/shown.yaml": yaml.safe_dump(test, allow_unicode=True),
        },
        tmp_path,
    )
    done = promtool.run(tmp_path, "test", "tests")
    assert done.returncode == 0, done.stdout + done.stderr


def test_values_and_thresholds_read_well() -> None:
    shown = {
        (text, unit): (
            read_text("{value}", {}, unit, {}).render({}, float(parse_amount(text))),
            amount(parse_amount(text), unit),
        )
        for text, unit in (
            ("50%", "ratio"), ("5s", "s"), ("90s", "s"), ("12.3", "usd"), ("1234567", None),
            ("0.5", None),
        )
    }  # fmt: skip
    assert shown == {
        ("50%", "ratio"): ("50%", "50%"),
        ("5s", "s"): ("5s", "5s"),
        ("90s", "s"): ("1m 30s", "1m 30s"),
        ("12.3", "usd"): ("$12.30", "$12.30"),
        ("1234567", None): ("1234567", "1234567"),
        ("0.5", None): ("0.5", "0.5"),
    }


def test_placeholders_are_named() -> None:
    assert placeholders('{agent} of {value}; {agent} {x="1"} {}') == {"agent", "value"}
