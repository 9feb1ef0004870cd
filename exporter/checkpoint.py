"""The checkpoint: what the exporter knows, on disk: no crash makes it forget or count twice.

It is a journal in an SQLite file: one record of everything, then records of what changed, each a
transaction of its own. SQLite, because it has survived more power cuts than anything we could
write: a commit is there as a whole or not at all, and with synchronous=FULL it has reached the disk
before it is shown to anybody. A journal, because appending one record costs the same however many
keys it speaks of, where a row for each key would cost more than reading the lines did.

Beside the file lies a second one, which is the lock, and holds the number of the last commit.
Where SQLite drops the end of a torn log without a word, that number tells.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import zlib
from typing import TYPE_CHECKING

import msgspec

from exporter.disk import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exporter.model import Plain

FILE_NAME = "checkpoint.db"
LOCK_NAME = "checkpoint.lock"

VERSION = 1
"""The version of what is in the file, in SQLite's user_version."""

_APPLICATION = 0x61676765
_MAGIC, _HEAD = b"SQLite format 3\0", 100
_SMALL = 1024 * 1024
_BUSY_SECONDS = 1.0


class CheckpointError(Exception):
    """The checkpoint can't be used, or not be written now. The message says what helps."""


class Checkpoint:
    """A folder's checkpoint, locked for this process. One thread uses it.

    `size` is in bytes, on disk. `wants_whole`: so many changes were written that the next record
    should hold everything, which lets the journal begin anew.
    """

    def __init__(self, folder: Path) -> None:
        """Open it, or begin one in an empty folder.

        Raises:
            CheckpointError: another exporter holds it, it is damaged, foreign or of a newer
                version, or the folder can't be written. Nothing was changed.
        """
        self._path = folder / FILE_NAME
        self._lock = _locked(folder)
        self._db: sqlite3.Connection
        self._usable = False
        try:
            self._last = self._opened()
            self._whole_bytes, self._bytes_since = self._sizes()
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def wants_whole(self) -> bool:
        """Whether the next record should hold everything."""
        return self._last == 0 or self._bytes_since > max(_SMALL, self._whole_bytes)

    @property
    def size(self) -> int:
        """Give the bytes that it takes on disk."""
        total = 0
        for path in (self._path, self._path.with_name(f"{FILE_NAME}-wal")):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        return total

    def load(self) -> list[Plain]:
        """Give the records: one of everything, then the changes, in order; none if it is new.

        Raises:
            CheckpointError: it is damaged.
        """
        records = []
        with self._explained():
            for crc, data in self._db.execute("SELECT crc, data FROM journal ORDER BY seq"):
                if zlib.crc32(data) != crc:
                    raise self._damaged("a record's sum is wrong")
                records.append(msgspec.msgpack.decode(data))
        return records

    def commit(self, record: Plain, *, whole: bool) -> None:
        """Write a record; when this returns, it has reached the disk.

        Raises:
            CheckpointError: it can't be written. What was there is untouched.
        """
        data = msgspec.msgpack.encode(record)
        if not self._usable:
            self._last = self._opened()
        number = self._last + 1
        try:
            self._insert(number, data, whole=whole)
        except sqlite3.Error as error:
            self._reopen(number, error)
        self._last = number
        if whole:
            self._whole_bytes, self._bytes_since = len(data), 0
        else:
            self._bytes_since += len(data)
        # Only to tell a torn file later: a full disk must not undo what is committed.
        with contextlib.suppress(OSError):
            os.pwrite(self._lock, _numbered(number), 0)

    def close(self) -> None:
        """Give it back, for others to use."""
        self._db.close()
        os.close(self._lock)

    def _insert(self, number: int, data: bytes, *, whole: bool) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if whole:
                self._db.execute("DELETE FROM journal")
            row = (number, whole, zlib.crc32(data), data)
            self._db.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", row)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _reopen(self, number: int, error: sqlite3.Error) -> None:
        """After a failed write: look what is on disk. It may be there in spite of the error."""
        self._usable = False
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        try:
            last = self._opened()
        except CheckpointError:
            # The next commit tries it again.
            raise _unwritable(self._path, error) from error
        if last != number:
            raise _unwritable(self._path, error) from error

    def _opened(self) -> int:
        """Open the file, look that it is whole and ours; give the number of its last record."""
        self._refuse_foreign()
        with self._explained():
            self._db = _connection(self._path)
            if self._is_new():
                self._begin()
            self._db.execute("PRAGMA journal_mode = WAL")
            (found,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise self._damaged(str(found))
            last = self._db.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0
        known = _number(self._lock)
        if last < known:
            raise self._damaged(f"it ends at commit {last}, and {known} were made")
        self._usable = True
        return int(last)

    def _refuse_foreign(self) -> None:
        """Look at the first bytes, before SQLite could change any: they tell whose file it is."""
        try:
            with self._path.open("rb") as file:
                head = file.read(_HEAD)
        except FileNotFoundError:
            head = b""
        except OSError as error:
            message = f"{self._path} can't be read: {error.strerror}"
            raise CheckpointError(message) from error
        application = int.from_bytes(head[68:72], "big")
        if not head:
            if _number(self._lock):
                raise self._damaged("it is empty")
        elif not head.startswith(_MAGIC) or len(head) < _HEAD:
            raise self._damaged("it is no database")
        elif application != _APPLICATION and (application or self._holds_tables()):
            message = f"{self._path} is not a checkpoint of agentgauge; choose another --state-dir"
            raise CheckpointError(message)
        if (version := int.from_bytes(head[60:64], "big")) > VERSION:
            raise CheckpointError(
                f"{self._path} was written by a newer version of agentgauge (format {version}, "
                f"this one knows {VERSION}); use that version"
            )

    def _holds_tables(self) -> bool:
        """Look into a database that has no name, without touching it."""
        with self._explained():
            db = sqlite3.connect(f"{self._path.absolute().as_uri()}?immutable=1", uri=True)
            try:
                (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            finally:
                db.close()
        return bool(tables)

    def _is_new(self) -> bool:
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return not tables

    def _begin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "CREATE TABLE journal "
            "(seq INTEGER PRIMARY KEY, whole INTEGER, crc INTEGER, data BLOB) STRICT"
        )
        self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
        self._db.execute(f"PRAGMA user_version = {VERSION}")
        self._db.execute("COMMIT")
        sync_folder(self._path.parent)

    def _sizes(self) -> tuple[int, int]:
        """Give the bytes of the last whole record, and of those since."""
        rows = self._db.execute("SELECT whole, sum(length(data)) FROM journal GROUP BY whole")
        sizes = dict(rows.fetchall())
        return sizes.get(1, 0), sizes.get(0, 0)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise _unwritable(self._path, error) from error
        except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, how: str) -> CheckpointError:
        return CheckpointError(
            f"{self._path} is damaged ({how}); nothing was changed. Put back a copy of the folder, "
            f"or move {self._path.parent} away to begin anew, with all counters at 0"
        )


def _connection(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")  # before WAL: no shared memory file is needed
    db.execute("PRAGMA synchronous = FULL")
    return db


def _locked(folder: Path) -> int:
    """Make the folder where it is missing, and take its lock; give the lock's descriptor."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CheckpointError(
            f"{folder} can't be written ({error.strerror}); the exporter keeps its state there: "
            "give it the permission, or choose another folder with --state-dir"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise CheckpointError(
            f"another exporter is using {folder}: stop it, "
            "or give this one a --state-dir of its own"
        ) from error
    return lock


def _number(lock: int) -> int:
    """Read the number of the last commit; 0 where none is written."""
    text = os.pread(lock, 32, 0).split(b"\n")[0]
    return int(text) if text.isdigit() else 0


def _numbered(number: int) -> bytes:
    return b"%020d\n" % number


def _unwritable(path: Path, error: sqlite3.Error) -> CheckpointError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    why = {
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_READONLY: "it may not be written",
        sqlite3.SQLITE_CANTOPEN: "it may not be opened",
        sqlite3.SQLITE_BUSY: "another program is using it",
        sqlite3.SQLITE_IOERR: "the disk refuses, or a limit on the size of files is reached",
    }.get(code, str(error))
    return CheckpointError(f"{path} can't be written: {why}")
