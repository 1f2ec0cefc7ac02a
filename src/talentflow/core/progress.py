"""How long work says how far it is, without knowing who listens.

Layers below the command line report to a `Progress`; only the command line draws one.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to a build. Stages come one after the other, never nested."""

    def start(self, stage: str, total: int) -> None:
        """A stage begins that consists of `total` steps."""

    def advance(self, steps: int = 1) -> None:
        """So many further steps of the current stage are done."""

    def finish(self, note: str) -> None:
        """The current stage is done; `note` says in a few words what came out."""


class Silent:
    """A `Progress` that says nothing."""

    def start(self, stage: str, total: int) -> None:
        """See `Progress`."""

    def advance(self, steps: int = 1) -> None:
        """See `Progress`."""

    def finish(self, note: str) -> None:
        """See `Progress`."""


class Note(Silent):
    """Keeps the last word of a stage that runs beside another, to be told when both are done."""

    def __init__(self) -> None:
        self._told: tuple[str, str] | None = None
        self._stage = ""

    def start(self, stage: str, total: int) -> None:  # noqa: ARG002 -- a progress has both
        self._stage = stage

    def finish(self, note: str) -> None:
        self._told = (self._stage, note)

    def tell(self, progress: Progress) -> None:
        """Pass the stage on as one that is done."""
        if self._told is not None:
            progress.start(self._told[0], 1)
            progress.advance()
            progress.finish(self._told[1])
