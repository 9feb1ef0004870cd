"""The judges' programs: built from their pins once, and again when a pin changes."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parent
CACHE = PINS.parents[1] / ".judges"
BINARIES = CACHE / "bin"

# No tag and no go.mod of ours holds mixtool: `go install` takes a commit, this one.
MIXTOOL = "2282201396b69055bb0f92f187049027a16d2130"
_MIXTOOL_PACKAGE = "github.com/monitoring-mixins/mixtool/cmd/mixtool"


class NotBuilt(Exception):  # noqa: N818 (it says what happened)
    """Go could not build a judge; the message is what it said last."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A go.mod below this folder, and the module in it whose version is the judge's."""

    folder: str
    module: str

    @property
    def version(self) -> str:
        """Which version go.mod pins, as people call it: v0.315.0 of Prometheus is 3.15.0."""
        text = (PINS / self.folder / "go.mod").read_text(encoding="utf-8")
        found = re.search(rf"^\s*{re.escape(self.module)} v(\S+)", text, re.MULTILINE)
        version = found[1] if found else "?"
        if self.folder != "prometheus":
            return version
        _, minor, patch = version.split(".", 2)
        return f"{int(minor) // 100}.{int(minor) % 100}.{patch}"


PROMETHEUS = Pin("prometheus", "github.com/prometheus/prometheus")
ALERTMANAGER = Pin("alertmanager", "github.com/prometheus/alertmanager")
DASHBOARD_LINTER = Pin("dashboard-linter", "github.com/grafana/dashboard-linter")
PINT = Pin("pint", "github.com/cloudflare/pint")
PINNED = (PROMETHEUS, ALERTMANAGER, DASHBOARD_LINTER, PINT)


def build(pin: Pin) -> None:
    """Build the programs that a pin names, unless they are there already.

    Raises:
        NotBuilt: Go failed.
    """
    stamp = CACHE / f"{pin.folder}.built"
    wanted = _fingerprint(pin)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    module = PINS / pin.folder
    BINARIES.mkdir(parents=True, exist_ok=True)
    if pin is ALERTMANAGER:
        module = _with_a_page()
    version = f"-X github.com/prometheus/common/version.Version={pin.version}"
    _go("build", "-ldflags", version, "-o", f"{BINARIES}/", "tool", folder=module)
    stamp.write_text(wanted, encoding="utf-8")


def mixtool() -> Path | None:
    """Find mixtool on PATH or build it; None where its module cannot be had."""
    if there := shutil.which("mixtool"):
        return Path(there)
    built = BINARIES / "mixtool"
    stamp = CACHE / "mixtool.built"
    if built.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == MIXTOOL:
        return built
    BINARIES.mkdir(parents=True, exist_ok=True)
    try:
        _go("install", f"{_MIXTOOL_PACKAGE}@{MIXTOOL}", folder=CACHE)
    except NotBuilt:
        return None
    stamp.write_text(MIXTOOL, encoding="utf-8")
    return built


def _with_a_page() -> Path:
    """Lay Alertmanager's modules out with an empty web page in the place of its own.

    Its web pages are made by Node.js when it is released; the module has none, and doesn't compile
    without. Nobody looks at them here.
    """
    folder = CACHE / ALERTMANAGER.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        shutil.copy(PINS / ALERTMANAGER.folder / name, folder)
    _go("mod", "vendor", "-e", folder=folder)
    pages = folder / "vendor" / ALERTMANAGER.module / "ui/app/dist"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html>\n", encoding="utf-8")
    return folder


def _fingerprint(pin: Pin) -> str:
    """Give what a build depends on, so that another pin or another Go builds anew."""
    digest = hashlib.sha256(_go("version", folder=PINS).encode())
    for path in sorted((PINS / pin.folder).rglob("*")):
        if path.suffix in {".mod", ".sum", ".go"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _go(*arguments: str, folder: Path) -> str:
    environment = {**os.environ, "GOBIN": str(BINARIES), "GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(
        ["go", *arguments],  # noqa: S607 (whichever Go is on PATH)
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-10:])
        raise NotBuilt(f"go {arguments[0]} in {folder} failed:\n{last}")
    return done.stdout
