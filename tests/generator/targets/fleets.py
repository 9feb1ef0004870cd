"""The fleet of this folder, written out as the outputs have it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from generator.build import artefacts
from generator.model import Artefact
from generator.resolve import resolve
from spec.load import load_spec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.model import Model

FLEET = Path(__file__).with_name("fleet.yaml")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def model() -> Model:
    """Give the fleet's model."""
    return resolve(load_spec(FLEET))


def other(**outputs: Any) -> Model:  # noqa: ANN401 (of any field)
    """Give the model with other outputs."""
    return replace(model(), outputs=replace(model().outputs, **outputs))


@cache
def made() -> dict[str, str]:
    """Give all files of the fleet, by path."""
    return texts(artefacts(model()))


def texts(files: Iterable[Artefact]) -> dict[str, str]:
    """Give files by their paths."""
    return {one.path: one.text for one in files}


def plain() -> tuple[Artefact, ...]:
    """Give the plain files, of which others are made."""
    return tuple(Artefact(path, text) for path, text in made().items())


def write(files: dict[str, str], folder: Path) -> None:
    """Put files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def read(files: dict[str, str], path: str) -> Any:  # noqa: ANN401 (a document)
    """Read one of the files as YAML, of which JSON is a part."""
    return yaml.load(files[path], LOADER)  # noqa: S506 (a safe one)


def below(files: dict[str, str], folder: str, suffix: str = "") -> dict[str, str]:
    """Give the files of a folder."""
    return {
        path: text
        for path, text in files.items()
        if PurePosixPath(path).is_relative_to(folder) and path.endswith(suffix)
    }


def rules(files: dict[str, str]) -> list[dict[str, Any]]:
    """Give the plain rules: recordings first."""
    return [
        rule
        for kind in ("recording", "alerts")
        for group in read(files, f"alerts/rules/support.{kind}.yaml")["groups"]
        for rule in group["rules"]
    ]
