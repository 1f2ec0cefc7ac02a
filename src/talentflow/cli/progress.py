"""How a long run looks: a line that moves on a terminal, one line a stage elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class TerminalProgress:
    """Share done, rate and time left on one line that is redrawn; a line a finished stage."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._stage = ""
        self._total = self._done = 0
        self._started = self._drawn = 0.0

    def start(self, stage: str, total: int) -> None:
        """See `core.progress.Progress`."""
        self._stage, self._total, self._done = stage, total, 0
        self._started = time.monotonic()
        self._drawn = 0.0
        self._draw()

    def advance(self, steps: int = 1) -> None:
        """See `core.progress.Progress`."""
        self._done += steps
        self._draw()

    def finish(self, note: str) -> None:
        """See `core.progress.Progress`."""
        seconds = time.monotonic() - self._started
        self._clear()
        self._stream.write(f"{self._stage:<14} {seconds:6.1f} s   {note}\n")
        self._stream.flush()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._live or now - self._drawn < 0.1:
            return
        self._drawn = now
        share = self._done / self._total if self._total else 0.0
        elapsed = now - self._started
        left = f"{elapsed * (1 - share) / share:4.0f} s left" if share > 0.02 else ""
        bar = "█" * round(24 * share) + "·" * (24 - round(24 * share))
        self._clear()
        self._stream.write(f"{self._stage:<14} {bar} {share:4.0%} {left}")
        self._stream.flush()

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")
