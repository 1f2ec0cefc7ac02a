"""What a build knows while it runs: its store, its settings, and the keys of its stages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from talentflow.core.catalog import Catalog, Parts
from talentflow.core.engine import Engine
from talentflow.core.progress import Progress
from talentflow.core.provenance import checksum_value
from talentflow.core.scans import Room, Stored
from talentflow.core.settings import Settings
from talentflow.pipeline import stages
from talentflow.resolve.corrections_csv import Corrections


@dataclass
class Run:
    """One build. `seconds` each stage took (0: nothing to do), `keys` under which it is kept."""

    catalog: Catalog
    settings: Settings
    engine: Engine
    progress: Progress
    corrections: Corrections
    seconds: dict[str, float] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def room(self) -> Room:
        """What a stage may take of memory, and where the rest may lie."""
        return Room(self.settings.memory_bytes, self.catalog.root)

    def run(self, stage: str, ingredients: Any, make: Callable[[], stages.Tables | Parts]) -> None:
        """Make the tables of a stage, whole or in parts, unless they are in the store under the
        same key."""
        key = checksum_value([stage, ingredients])[:24]
        self.keys[stage] = key
        self.seconds[stage] = 0.0
        if not self.catalog.has_stage(stage, key):
            start = time.perf_counter()
            self.catalog.write_stage(stage, key, make(), self.room)
            self.seconds[stage] = time.perf_counter() - start
            # What the stage has let go is the next one's.
            pa.default_memory_pool().release_unused()

    def store(self, stage: str, name: str) -> Stored:
        """A table of a stage that has run, to be read in parts."""
        return self.catalog.store_table(stage, self.keys[stage], name)

    def read(self, stage: str, name: str) -> pa.Table:
        """A table of a stage that has run."""
        return self.catalog.read_table(stage, self.keys[stage], name)

    def folder(self, stage: str) -> Path:
        """Where the tables of a stage that has run lie."""
        return self.catalog.stage_folder(stage, self.keys[stage])
