"""Ids of chat messages in an SQLite file, by a connection of their own: a busy chat brings thousands of them a second.

A transaction of the async engine is six trips to its thread and a sync of the disk. Here it is one trip and no sync:
an id is in the file, whatever becomes of the process, before it is said to be new; only with the machine's power the
last ones may be lost, up to the last line of a history, whose sync takes them along.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import URL, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from open_llm_vtuber.storage.database import CLOSING, OVERDUE, WAITING_JOBS, set_up_sqlite
from open_llm_vtuber.storage.jobs import reason, unavailable
from open_llm_vtuber.storage.tables import sightings

_INSERT = sqlite.insert(sightings).on_conflict_do_nothing()


class SightingsFile:
    """Notes ids in a file that has the tables already."""

    def __init__(self, url: URL) -> None:
        # Each transaction is ended by name, so nothing is left to roll back when it is over.
        self._engine = create_engine(
            url.set(drivername="sqlite+pysqlite"), hide_parameters=True, pool_reset_on_return=None
        )
        event.listen(self._engine, "connect", _set_up)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sightings")
        self._waiting = 0
        self._is_closed = False
        self._is_stuck = False
        self.trouble = ""
        """Why the last id could not be noted; "" since one could."""

    async def note(self, show: str, message_id: str) -> bool:
        """Note an id and return whether it was not there. Raises EngineError."""
        if self._is_closed:
            raise unavailable("it is closed")
        if self._is_stuck:
            raise unavailable("it does not answer")
        if self._waiting >= WAITING_JOBS:
            raise unavailable("too much is waiting for it")
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._insert, show, message_id)
        work.add_done_callback(self._done)
        await asyncio.wait((work,), timeout=OVERDUE)
        if not work.done():
            self._is_stuck = True
            failure = unavailable("it does not answer")
            self.trouble = str(failure)
            raise failure
        if isinstance(error := work.exception(), (SQLAlchemyError, sqlite3.Error, OSError)):
            raise unavailable(reason(error)) from error
        return work.result()

    async def close(self) -> None:
        """Note what still waits, and let go of the file; a thread that is stuck is left behind."""
        self._is_closed = True
        last = asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        await asyncio.wait((last,), timeout=CLOSING)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _done(self, work: asyncio.Future[bool]) -> None:
        self._waiting -= 1
        self._is_stuck = False
        error = None if work.cancelled() else work.exception()
        self.trouble = str(unavailable(reason(error))) if error else ""

    def _insert(self, show: str, message_id: str) -> bool:
        row = {"show": show, "message": message_id, "at": datetime.now(UTC)}
        with self._engine.begin() as connection:
            return bool(connection.execute(_INSERT, row).rowcount)


def _set_up(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    set_up_sqlite(connection, entry)
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
