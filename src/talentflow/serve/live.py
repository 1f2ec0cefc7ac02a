"""Which snapshot is being served right now?

A build publishes by swapping a link, so one `stat` per request tells whether there is a newer
snapshot; the old one keeps answering until the new one has been read.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa

from talentflow.core.errors import StoreError
from talentflow.indicators.snapshot import PUBLISHED, Snapshot, open_snapshot
from talentflow.serve.figures import Figures
from talentflow.serve.memory import Memory

log = logging.getLogger(__name__)

Mark = tuple[str, int, int]


@dataclass(frozen=True)
class Edition:
    """One snapshot with everything derived from it: the index of figures and what was rendered.

    What was rendered lives and dies with the snapshot, so nothing stale is ever served.
    """

    snapshot: Snapshot
    mark: Mark | None = None

    @cached_property
    def tag(self) -> str:
        """Changes whenever what is served does, even if a snapshot id came back."""
        return hashlib.sha256(repr((self.id, self.mark)).encode()).hexdigest()[:16]

    @cached_property
    def figures(self) -> Figures:
        """The index over the values."""
        return Figures(self.snapshot)

    @cached_property
    def memory(self) -> Memory:
        """Pages, charts and pictures rendered from this snapshot."""
        return Memory()

    @property
    def id(self) -> str:
        """The snapshot id."""
        return str(self.manifest["snapshot_id"])

    @property
    def manifest(self) -> dict[str, Any]:
        """As published."""
        return self.snapshot.manifest


class LiveStore:
    """A store that is being served while builds may publish into it."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._lock = Lock()
        self._mark: Mark | None = None
        self._edition: Edition | None = None

    def current(self) -> Edition:
        """The current edition, read anew if the store has another snapshot by now.

        Raises `StoreError` if nothing has been published yet; once something has, a store that
        cannot be read for a moment is answered from the last good edition.
        """
        mark = self._read_mark()
        if self._edition is not None and mark in (self._mark, None):
            return self._edition
        with self._lock:
            if self._edition is None or mark != self._mark:
                self._load(mark)
        assert self._edition is not None
        return self._edition

    def _load(self, mark: Mark | None) -> None:
        try:
            edition = Edition(open_snapshot(self.store), mark)
            _ = edition.figures, edition.id, edition.snapshot.definitions
        except (StoreError, OSError, pa.ArrowInvalid) as error:
            if self._edition is None:
                raise _as_store_error(error, self.store) from error
            log.warning("new snapshot not readable, the last one stays: %s", error)
            return
        self._edition, self._mark = edition, mark

    def _read_mark(self) -> Mark | None:
        try:
            folder = (self.store / PUBLISHED).resolve(strict=True)
            state = (folder / "values.parquet").stat()
        except OSError:
            return None
        return str(folder), state.st_mtime_ns, state.st_ino


def _as_store_error(error: Exception, store: Path) -> StoreError:
    if isinstance(error, StoreError):
        return error
    return StoreError(
        f"the published snapshot cannot be read: {error}",
        where=str(store),
        next_step="run `talentflow build` again",
    )
