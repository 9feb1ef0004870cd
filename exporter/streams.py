"""A declared source as something that is read: files, standard input, or pushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.formats import cutter_for
from exporter.receivers.receiver import make_receiver
from exporter.sources.document import DocumentSource
from exporter.sources.file import FileSource
from exporter.sources.lines import LineCutter
from exporter.sources.stdin import StdinSource
from exporter.spool.source import SpoolSource
from exporter.spool.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

    from exporter.model import Source
    from exporter.server.web_server import WebServer
    from spec.model import Source as Declared


@dataclass(frozen=True, slots=True)
class Stream:
    """A source, and for pushes the server that receives them and the spool that keeps them.

    `how` is all that reading depends on, but for what the lines mean: where that is the same
    after a reload, the stream goes on as it is.
    """

    how: object
    source: Source
    receiver: WebServer | None = None
    spool: Spool | None = None

    def start(self) -> None:
        """Receive from now on. Called once."""
        if self.receiver is not None:
            self.receiver.start()

    def close(self) -> None:
        """Receive and read no more."""
        if self.receiver is not None:
            self.receiver.stop()
        if self.spool is not None:
            self.spool.close()
        self.source.close()


def open_stream(declared: Declared, spools: Path | None) -> Stream:
    """Open a source's stream. `spools` is the folder of all spools, None where nothing is kept.

    Raises:
        ListenError: pushes can't be received.
        SpoolError: pushes can't be kept.
        SpecError: the receiver's web configuration is wrong.
    """
    how = how_read(declared)
    mapping = declared.mappings[0]
    if declared.push is not None and spools is not None:
        spool = Spool(spools / declared.name, declared.push.spool)
        try:
            receiver = make_receiver(declared.push, spool)
        except BaseException:
            spool.close()
            raise
        return Stream(how, SpoolSource(spool), receiver, spool)
    cutter = cutter_for(mapping, declared.wrapped) or LineCutter
    if not declared.files:
        return Stream(how, StdinSource(new_cutter=cutter))
    if mapping.format == "document":
        return Stream(how, DocumentSource(declared.files, mapping.files))
    source = FileSource(declared.files, mapping.files, start=declared.start, new_cutter=cutter)
    return Stream(how, source)


def how_read(declared: Declared) -> object:
    """Give all that reading depends on, but for what the lines mean."""
    mapping = declared.mappings[0]
    cut = (mapping.format, declared.wrapped)
    return (declared.files, mapping.files, declared.start, declared.push, cut)
