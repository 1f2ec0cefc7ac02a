"""How much memory does a build take, stage by stage, as its input grows, and what does it cost?

    python benchmarks/build_memory.py [--records 1 3 9] [--memory 4GiB] [--folder FOLDER]

Works in the format of the OpenAlex snapshot are generated (`--records` in millions of rows of
evidence), beside a small registry, and built by the ordinary command's function in a process of
its own. Memory is what the process and its workers hold at once, looked up every 50 ms: without
pages of files, which the system takes back when it needs them, and with them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from openalex_works import generate_records
from talentflow.core.settings import Settings, read_settings
from talentflow.pipeline.build import build
from talentflow.sources.toy import WorldSpec, build_world, write_world

MILLION: Final = 1_000_000
GIBIBYTE: Final = 2**30
CORES: Final = 2
SIZES: Final = (1, 3)
REPLICATES: Final = 20
_EVERY_S: Final = 0.05
_CONFERENCE_PEOPLE: Final = 300


@dataclass
class Stage:
    """What one stage took: seconds, seconds of processor time of the main process, and the most
    memory in bytes at once: `held` without pages of files, `resident` with them."""

    name: str
    seconds: float = 0.0
    processor_s: float = 0.0
    held: int = 0
    resident: int = 0


@dataclass
class Measured:
    """One build: rows of evidence in it and its stages in the order in which they began."""

    records: int
    stages: list[Stage] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Of the whole build."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def held(self) -> int:
        """Peak memory without pages of files."""
        return max(stage.held for stage in self.stages)


def measure(
    sizes: tuple[float, ...] = SIZES, memory: str | None = None, folder: Path | None = None
) -> Iterator[dict[str, object]]:
    """Rows of the benchmark table; `sizes` are millions of rows of evidence."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="talentflow-build-", dir=folder) as name:
            data, store = Path(name) / "data", Path(name) / "store"
            write_data(data, round(size * MILLION))
            found = measure_build(data, store, memory)
        print_stages(found)
        limit = read_settings({}, {"TALENTFLOW_MEMORY": memory or ""}).memory_bytes
        millions = found.records / MILLION
        yield {
            "name": f"build of {millions:.1f} M records of OpenAlex, memory",
            "value": round(found.held / GIBIBYTE, 2),
            "unit": "GiB",
            "against": f"limit of {limit / GIBIBYTE:g} GiB",
            "ratio": round(limit / found.held, 2),
            "bound": max(found.stages, key=lambda stage: stage.held).name,
        }
        yield {
            "name": "  cost of a million records",
            "value": round(found.seconds / millions, 1),
            "unit": "s",
            "against": None,
            "ratio": None,
            "bound": max(found.stages, key=lambda stage: stage.seconds).name,
        }


def write_data(folder: Path, records: int) -> None:
    """A data folder of generated works beside a registry and a conference of the toy world."""
    world = build_world(WorldSpec(people=_CONFERENCE_PEOPLE), 1)
    write_world(world, folder, sources=("paperlists", "ror", "university-domains"))
    generate_records(folder / "openalex" / "works", records)


def measure_build(data: Path, store: Path, memory: str | None) -> Measured:
    """Build in a process of its own, watched from here."""
    environment = {**os.environ, **({"TALENTFLOW_MEMORY": memory} if memory else {})}
    command = [sys.executable, __file__, "--build", str(data), str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        watch = _Watch(child.pid)
        watcher = threading.Thread(target=watch.run, daemon=True)
        watcher.start()
        records = watch.listen(child.stdout)
        child.wait()
        watcher.join()
    if child.returncode:
        raise RuntimeError(f"the build failed with status {child.returncode}")
    return Measured(records, watch.stages)


class _Watch:
    """Looks at a process and its descendants, and listens to the stages it names."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._since, self._spent = time.monotonic(), 0.0
        self.stages = [Stage("start")]

    def run(self) -> None:
        """Until the process ends, keep the most memory of the stage that runs."""
        while (Path("/proc") / str(self._pid) / "stat").exists():
            found = [_read_memory(pid) for pid in _list_family(self._pid)]
            stage = self.stages[-1]
            stage.held = max(stage.held, sum(held for held, _ in found))
            stage.resident = max(stage.resident, sum(resident for _, resident in found))
            if not any(resident for _, resident in found):
                return
            time.sleep(_EVERY_S)

    def listen(self, lines: IO[str] | None) -> int:
        """Begin a stage at each line; returns the records of the last one."""
        records = 0
        for line in lines or ():
            told: dict[str, Any] = json.loads(line)
            now, spent = time.monotonic(), told["processor_s"]
            self.stages[-1].seconds = now - self._since
            self.stages[-1].processor_s = spent - self._spent
            self._since, self._spent = now, spent
            if "records" in told:
                return int(told["records"])
            self.stages.append(Stage(told["stage"]))
        return records


def _list_family(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    family, waiting = [], [pid]
    while waiting:
        family.append(waiting.pop())
        waiting += parents.get(family[-1], [])
    return family


def _read_memory(pid: int) -> tuple[int, int]:
    """Bytes of a process without and with pages of files; 0 for one that is gone."""
    try:
        lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    except OSError:
        return 0, 0
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    kib = {
        name: int(told.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem", "VmRSS")
    }
    return (kib["RssAnon"] + kib["RssShmem"]) * 1024, kib["VmRSS"] * 1024


def print_stages(found: Measured) -> None:
    """One line a stage."""
    millions = found.records / MILLION
    print(f"\n{found.records:,} records, {found.seconds:.1f} s, {found.held / GIBIBYTE:.2f} GiB")
    print(f"{'stage':<15} {'s':>7} {'processor s':>12} {'s a million':>12} {'GiB':>6} {'RSS':>6}")
    for stage in found.stages:
        print(
            f"{stage.name:<15} {stage.seconds:>7.1f} {stage.processor_s:>12.1f} "
            f"{stage.seconds / millions:>12.2f} {stage.held / GIBIBYTE:>6.2f} "
            f"{stage.resident / GIBIBYTE:>6.2f}"
        )


class _Teller:
    """Names each stage on the standard output as it begins."""

    def start(self, stage: str, total: int) -> None:  # noqa: ARG002 -- a progress has both
        """See `core.progress.Progress`."""
        tell(stage=stage)

    def advance(self, steps: int = 1) -> None:
        """See `core.progress.Progress`."""

    def finish(self, note: str) -> None:
        """See `core.progress.Progress`."""


def tell(**facts: Any) -> None:
    """One line of JSON with the processor time so far."""
    spent = os.times()
    processor_s = spent.user + spent.system + spent.children_user + spent.children_system
    print(json.dumps({**facts, "processor_s": processor_s}), flush=True)


def run_child(data: Path, store: Path) -> None:
    """The build that is watched."""
    given = {"data": data, "store": store, "workers": CORES, "replicates": REPLICATES}
    settings: Settings = read_settings(given, os.environ)
    report = build(settings, _Teller())
    tell(records=report.manifest["totals"]["records"])


def main() -> None:
    """Read the command line and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=float, nargs="+", default=SIZES, help="in millions")
    parser.add_argument("--memory", help="the bound given to the build, such as 2GiB")
    parser.add_argument("--folder", type=Path, help="where data and stores may lie meanwhile")
    parser.add_argument("--build", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        run_child(*given.build)
        return
    for row in measure(tuple(given.records), given.memory, given.folder):
        print(row["name"], row["value"], row["unit"])


if __name__ == "__main__":
    main()
