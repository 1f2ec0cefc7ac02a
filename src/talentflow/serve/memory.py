"""What has been rendered and may be given out again: a bounded memory of pages and pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final

MAX_BYTES: Final = 64 * 2**20


class Memory:
    """Key → bytes, least recently used first out, at most `max_bytes` in all."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What is kept under `key`, made now if it is not; errors of `make` are not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            if key not in self._kept and len(made) <= self.max_bytes // 4:
                self._kept[key] = made
                self._bytes += len(made)
            while self._bytes > self.max_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return made
