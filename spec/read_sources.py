"""Sources: where lines come from, and the presets that read them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from spec.layers import HOME
from spec.model import Source
from spec.places import walked_and_dotted
from spec.problems import SpecError, nearest
from spec.read_families import read_families
from spec.read_lines import check_source, read_wrapped
from spec.read_mapping import read_mapping
from spec.read_push import check_push, read_push
from spec.reading import constants, string, texts
from spec.validate import schema_problems
from spec.yaml_tree import read_tree

if TYPE_CHECKING:
    from spec.mapping import Mapping
    from spec.node import Node
    from spec.read_mapping import Places
    from spec.reading import Reading

# What a preset may hold; the rest belongs to a fleet.
_PRESET_KEYS = (
    "version", "format", "pattern", "prefix", "files", "time", "labels", "exemplar", "session",
    "remember_by", "places", "events", "families", "alerts", "dashboards", "tests",
)  # fmt: skip

_STREAMS = ("file", "push", "otlp", "stdin")


def preset_names() -> tuple[str, ...]:
    """Name the presets that come with agentgauge."""
    return tuple(sorted(path.stem for path in (HOME / "presets").glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset, read: its mapping, and its tree for the sections that it adds."""

    mapping: Mapping
    root: Node
    places: Places


@dataclass(slots=True)
class Presets:
    """Loads presets, each once. Files of the user's own are looked for in `folder`."""

    folder: Path
    reading: Reading
    loaded: dict[str, Preset | None] = field(default_factory=dict)

    def load(self, name: str, at: Node) -> Preset | None:
        """Load a preset that is named at a place of the spec; None if it can't be used."""
        if name not in self.loaded:
            self.loaded[name] = self._load(name, at)
        return self.loaded[name]

    def _load(self, name: str, at: Node) -> Preset | None:
        own = name.endswith((".yaml", ".yml")) or "/" in name
        path = self.folder / name if own else HOME / "presets" / f"{name}.yaml"
        if not own and name not in preset_names():
            self.reading.wrong(at, f'there is no preset "{name}"', nearest(name, preset_names()))
            return None
        shown = str(path) if own else f"presets/{name}.yaml"
        try:
            root, problems = read_tree(path, shown)
        except SpecError as error:
            for problem in error.problems:
                if problem.mark.line:
                    self.reading.refuse([problem])
                else:  # the file as a whole
                    self.reading.wrong(at, f"{shown} {problem.message}")
            return None
        before = len(self.reading.found())
        self.reading.refuse([*problems, *schema_problems(root, problems)])
        for key in root.keys:
            if key not in _PRESET_KEYS:
                message = "has no place in a preset"
                self.reading.problems.append(root.key_problem(key, message, "put it in the spec"))
        if "events" not in root.keys:
            self.reading.wrong(root, 'lacks "events"', "a preset says what lines mean")
        families = {**self.reading.families, **read_families(root.get("families"), self.reading)}
        inner = replace(self.reading, families=families, places=[])
        mapping, places = read_mapping(path.stem, root, inner)
        fine = len(self.reading.found()) == before
        return Preset(mapping, root, places) if fine else None


def read_sources(root: Node, presets: Presets, reading: Reading) -> tuple[Source, ...]:
    """Read sources, and load the presets that they name."""
    sources: list[Source] = []
    node = root.get("sources")
    for entry in node.elements() if node else []:
        names = entry.get("preset")
        found = _presets(names, presets, reading) if names else []
        _check_labels(entry.get("labels"), reading)
        check_source(entry, [preset.mapping for preset in found], reading)
        name = string(entry.get("name")) or "+".join(Path(t).stem for t in texts(names))
        if name and name in {source.name for source in sources}:
            at = entry.get("name") or entry
            reading.wrong(at, f'there is a source "{name}" already', "give each a name: of its own")
        paths = _stream(entry, presets.folder, sources, reading)
        mappings = tuple(preset.mapping for preset in found)
        push = read_push(entry, presets.folder, sources, reading)
        check_push(entry, push, mappings, reading)
        sources.append(
            Source(
                name,
                paths,
                mappings,
                constants(entry.get("labels")),
                start=_start(entry, reading),
                wrapped=read_wrapped(entry.get("wrapped")),
                push=push,
            )
        )
    return tuple(sources)


def _stream(entry: Node, folder: Path, earlier: list[Source], reading: Reading) -> tuple[str, ...]:
    """Read where a source's lines come from: files as absolute globs, none for standard input."""
    if sum(map(entry.has, _STREAMS)) != 1 and not reading.meant(entry, *_STREAMS):
        reading.wrong(entry, "needs one stream", "file:, push:, otlp: or stdin: true")
    elif entry.get("stdin") and any(not (source.files or source.push) for source in earlier):
        reading.wrong(entry.get("stdin") or entry, "is read by another source already")
    return tuple(str((folder / glob).absolute()) for glob in texts(entry.get("file")))


def _start(entry: Node, reading: Reading) -> Literal["beginning", "end"]:
    """Read what counts of the files that are there at the first start."""
    node = entry.get("start")
    if node and not entry.has("file") and not reading.meant(entry, "file"):
        reading.wrong(node, "is for files: what was sent or piped in before is not there")
    return "end" if string(node) == "end" else "beginning"


def _presets(names: Node, presets: Presets, reading: Reading) -> list[Preset]:
    found: dict[str, Preset] = {}
    for part in names.elements():
        name = part.text()
        if not name or reading.doubtful(part):
            continue
        if name in found:
            reading.wrong(part, f'names "{name}" twice: its lines would count twice')
        elif Path(name).stem in {Path(other).stem for other in found}:
            message = f'has the name of another preset of this source: "{Path(name).stem}"'
            reading.wrong(part, message, "rejects and memories are kept by name; rename its file")
        preset = presets.load(name, part)
        if preset:
            found[name] = preset
    for preset in found.values():
        others = [p for other in found.values() if other is not preset for p in other.places]
        for at, said in walked_and_dotted([*preset.places, *others]):
            if any(at is place for _, place in preset.places):
                message = f"these presets can't share a source: {preset.mapping.name} {said}"
                reading.wrong(names, message)
    return list(found.values())


def _check_labels(node: Node | None, reading: Reading) -> None:
    """Note constant labels that series have already: they would become one another."""
    # The exporter's own metrics carry no constant labels.
    moved = (f for f in reading.families.values() if not f.name.startswith("agentgauge_"))
    taken = {label for family in moved for label in family.labels}
    for label, _ in node.items() if node else ():
        if label in {*taken, "le", "quantile"} or label.startswith("__"):
            message = "is a label of metrics already" if label in taken else "is a reserved label"
            assert node is not None  # noqa: S101 (it has items)
            reading.problems.append(node.key_problem(label, message, "use another name"))
