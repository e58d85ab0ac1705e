"""Opening the library: the folder, its database, and who may write.

Many readers, one writer. A transaction is one user's action: it happens whole or not at all, also
when the process is killed in the middle (SQLite's write-ahead log).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from reid_core.errors import (
    ChangedSince,
    DiskFull,
    LibraryCorrupt,
    LibraryError,
    LibraryGone,
    LibraryLocked,
    LibraryReadOnly,
    LibraryTooNew,
)
from reid_core.library import schema
from reid_core.library.locks import HeldByAnother, NotedLock
from reid_core.library.media import Media

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# for another writer: transactions take well under a second, and longer than this looks like a hang
WAIT_S = 10.0
UPGRADE_WAIT_S = 10.0
DATABASE = "library.db"
HEAD = "0005"  # the newest migration
KNOWN = ("0001", "0002", "0003", "0004", "0005")
BUSY_MS = 5000
OWN = 10_000  # events remembered as one's own


class Library:
    """One library folder, open. Use as a context manager or call `close`.

    wait_s: how long writing waits for another writer before it gives up.
    """

    def __init__(self, folder: Path, engine: sa.Engine, *, writable: bool) -> None:
        self.folder = folder
        self.media = Media(folder / "media")
        self.cache = folder / "cache"
        self.writable = writable
        self._engine = engine
        self.wait_s = WAIT_S
        self._lock = NotedLock(folder / "write.lock")
        self._depth = threading.local()
        self._own: deque[int] = deque(maxlen=OWN)  # ids of the latest events that are of this

    @classmethod
    def open(cls, folder: Path, *, create: bool = True) -> Library:
        """Open, and make or upgrade, the library in `folder`.

        Raises LibraryCorrupt, LibraryTooNew, LibraryReadOnly, LibraryError when it is not there
        and not to be made.
        """
        database = folder / DATABASE
        if not database.exists() and not create:
            raise LibraryError(f"There is no library in {folder}. Enrol somebody or index a video.")
        writable = _prepare(folder, database)
        library = cls(folder, _engine(database, writable=writable), writable=writable)
        try:
            library._upgrade()
        except sa.exc.DatabaseError as error:
            library.close()
            raise _translated(error, folder) from error
        except LibraryError:
            library.close()
            raise
        return library

    @property
    def own_events(self) -> frozenset[int]:
        """The ids of the latest events that were written through this object."""
        return frozenset(self._own.copy())

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the library throughout. Raises LibraryGone."""
        self._must_be_there()
        try:
            with self._engine.connect() as connection, connection.begin():
                yield connection
        except sa.exc.DatabaseError as error:
            raise _translated(error, self.folder) from error

    @contextmanager
    def writer(self, action: str, *, wait_s: float | None = None) -> Iterator[None]:
        """Be the one writer for longer than a transaction; may be nested.

        wait_s: for another writer, in place of the library's own. Raises LibraryLocked saying who
        else writes, LibraryReadOnly, LibraryGone.
        """
        self._must_be_there()
        if not self.writable:
            raise LibraryReadOnly(f"The library {self.folder} cannot be written.")
        depth = getattr(self._depth, "n", 0)
        if depth == 0:
            self._acquire(action, self.wait_s if wait_s is None else wait_s)
        self._depth.n = depth + 1
        try:
            yield
        finally:
            self._depth.n -= 1
            if self._depth.n == 0:
                self._lock.release()

    @contextmanager
    def transaction(self, action: str, **payload: object) -> Iterator[Connection]:
        """One user's action: all of it or nothing. payload: ids and numbers for the event log.

        Raises LibraryLocked, LibraryReadOnly, LibraryGone, DiskFull; ChangedSince when what it
        is about went meanwhile.
        """
        with self.writer(action):
            try:
                with self._engine.begin() as connection:
                    yield connection
                    made = connection.execute(
                        schema.event.insert().values(
                            time=now(), action=action, payload=json.dumps(payload, default=str)
                        )
                    )
                    self._own.extend(made.inserted_primary_key or ())
            except sa.exc.DatabaseError as error:
                raise _translated(error, self.folder) from error
            except OSError as error:
                raise _translated_os(error, self.folder) from error

    @contextmanager
    def indexing(self, content_hash: str, action: str = "index") -> Iterator[None]:
        """Be the one who changes a video's tracklets, for as long as that takes.

        Others may write in between, index other videos too, but neither index this one nor remove
        it. Raises LibraryLocked saying who does already.
        """
        folder = self.folder / "indexing"
        lock = NotedLock(folder / f"{content_hash}.lock")
        # taken and given back by writers only, so that nobody takes a file just being deleted
        with self.writer(action):
            try:
                folder.mkdir(exist_ok=True)
                lock.acquire(action, since=now(), wait_s=0)
            except HeldByAnother as error:
                raise LibraryLocked(
                    f"This video is being worked on by {error}. Wait until it is done, or stop it."
                ) from error
            except OSError as error:
                raise _translated_os(error, self.folder) from error
        try:
            yield
        finally:
            try:
                with self.writer(action):
                    lock.release()
                    lock.delete()
            except LibraryError:  # a writer that takes long: the file stays, which does no harm
                lock.release()

    def _must_be_there(self) -> None:
        """A folder that was moved or taken out would else be made anew, and be empty."""
        if not (self.folder / DATABASE).is_file():
            raise LibraryGone(
                f"The library {self.folder} is not there any more: its folder was moved or "
                "deleted, or its drive was taken out. Bring it back; nothing was changed."
            )

    def _acquire(self, action: str, wait_s: float) -> None:
        try:
            self._lock.acquire(action, since=now(), wait_s=wait_s)
        except HeldByAnother as error:
            raise LibraryLocked(_locked(self.folder, str(error))) from error
        except OSError as error:
            raise _translated_os(error, self.folder) from error

    def _upgrade(self) -> None:
        """Bring the tables up to date, or wait a moment for another process that does."""
        until = time.monotonic() + UPGRADE_WAIT_S
        while not self._is_current():
            try:
                with self.writer("upgrade", wait_s=0), self._engine.begin() as connection:
                    if _version(connection) != HEAD:
                        _migrate(connection)
            except LibraryLocked:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            except sa.exc.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _is_current(self) -> bool:
        """Whether the tables are of today's form. Raises LibraryTooNew, LibraryReadOnly."""
        try:
            with self._engine.connect() as connection:
                version = _version(connection)
        except sa.exc.OperationalError as error:
            if "locked" not in str(error) or not self.writable:
                raise
            return False  # another process just makes it
        if version is not None and version not in KNOWN:
            raise LibraryTooNew(
                f"The library {self.folder} was written by a newer Cameo (its format is {version}, "
                f"this program knows up to {HEAD}). Update Cameo."
            )
        if version != HEAD and not self.writable:
            raise LibraryReadOnly(
                f"The library {self.folder} is old and cannot be upgraded in place."
            )
        return version == HEAD


def now() -> str:
    """The present moment as text, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def bump(connection: Connection, what: str) -> None:
    """Note that vectors of footage or people changed, so that search caches know."""
    table = schema.generation
    changed = connection.execute(
        table.update().where(table.c.what == what).values(number=table.c.number + 1)
    )
    if changed.rowcount == 0:
        connection.execute(table.insert().values(what=what, number=1))


def generation(connection: Connection, what: str) -> int:
    """How often vectors of footage or people have changed."""
    table = schema.generation
    return connection.scalar(sa.select(table.c.number).where(table.c.what == what)) or 0


def _prepare(folder: Path, database: Path) -> bool:
    """Make the folder; returns whether the library can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}-{threading.get_ident()}"
        probe.touch()
        probe.unlink()
        database.touch()  # connecting never makes one: that would hide that it is gone
    except OSError as error:
        if database.exists():
            return False
        raise _translated_os(error, folder) from error
    return True


def _engine(database: Path, *, writable: bool) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        mode = "rw" if writable else "ro&immutable=1"
        link = sqlite3.connect(
            f"{database.resolve().as_uri()}?mode={mode}",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
        )
        pragmas = ["foreign_keys=ON", f"busy_timeout={BUSY_MS}", "secure_delete=ON"]
        pragmas += ["journal_mode=WAL", "synchronous=NORMAL"] if writable else []
        try:
            for pragma in pragmas:
                link.execute(f"PRAGMA {pragma}")
        except sqlite3.DatabaseError:
            link.close()
            raise
        return link

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _version(connection: Connection) -> str | None:
    try:
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return None if found is None else str(found)
    except sa.exc.OperationalError:
        return None  # an empty file: no table yet


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "reid_core.library:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _locked(folder: Path, holder: str) -> str:
    return f"The library {folder} is being written by {holder}. Wait until it is done, or stop it."


def _translated(error: sa.exc.DatabaseError, folder: Path) -> LibraryError:
    """A database error as one of ours; what is not the world's fault is raised as it is."""
    text = str(error.orig).lower()
    if isinstance(error, sa.exc.IntegrityError):
        return ChangedSince(
            "What this is about was changed or removed elsewhere meanwhile. Nothing was done."
        )
    if "full" in text or ("disk i/o" in text and shutil.disk_usage(folder).free < 1 << 20):
        return DiskFull(
            f"No space is left for the library {folder}. Nothing of this step was kept."
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return LibraryReadOnly(f"The library {folder} cannot be written.")
    if "locked" in text:
        return LibraryLocked(_locked(folder, NotedLock(folder / "write.lock").holder()))
    if "malformed" in text or "not a database" in text or "corrupt" in text or "disk i/o" in text:
        return LibraryCorrupt(
            f"The database in {folder} is damaged or is not a Cameo library. "
            "Restore it from a backup, or choose another folder with --library."
        )
    raise error


def _translated_os(error: OSError, folder: Path) -> LibraryError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"No space is left for the library {folder}. Nothing of this step was kept."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return LibraryReadOnly(f"The library {folder} cannot be written: {error.strerror}.")
    raise error


def details(row: Any) -> dict[str, Any]:
    """A result row as a dict."""
    return dict(row._mapping)
