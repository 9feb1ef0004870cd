"""What holds for all tests."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the states of all exporters that a run of the tests starts."""
    return tmp_path_factory.mktemp("states")


@pytest.fixture(autouse=True)
def state_of_its_own(states: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test's exporter begin anew, and none touch the state of whoever runs the tests."""
    monkeypatch.setenv("XDG_STATE_HOME", str(states / str(next(_NUMBERS))))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
