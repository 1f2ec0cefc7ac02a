"""The one list of settings: name, default, help. Read once at the edge and passed inwards.

A setting comes from the command line, else from the environment (`TALENTFLOW_<NAME>`), else
from its default.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talentflow.core.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One knob. `kind` converts its text form."""

    name: str
    default: Any
    kind: type
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"TALENTFLOW_{self.name.upper()}"


DEFAULT_MEMORY: Final = "4GiB"
_UNITS: Final = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LEAST_MEMORY_BYTES: Final = 256 * 2**20


def parse_memory(text: str) -> int:
    """Bytes of an amount such as `4GiB`, `512 MB` or `1.5g`; units are powers of 1024.

    Raises `UsageError` for what is not an amount.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise UsageError(
            f"{text!r} is no amount of memory", expected="a number and a unit, such as 4GiB"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(name="data", default="data", kind=Path, help="Folder with one subfolder a source."),
    Setting(name="store", default="store", kind=Path, help="Folder that holds what is built."),
    Setting(name="engine", default="local", kind=str, help="Where the work runs: local or spark."),
    Setting(
        name="master",
        default="local[*]",
        kind=str,
        help="Master of the Spark cluster, for the engine spark.",
    ),
    Setting(
        name="definitions",
        default="standard",
        kind=str,
        help="Definitions to compute: default, standard, all, or ids separated by commas.",
    ),
    Setting(name="replicates", default=200, kind=int, help="Bootstrap replicates."),
    Setting(name="level", default=0.95, kind=float, help="Level of the intervals."),
    Setting(
        name="floor", default=5, kind=int, help="No figure is published that rests on fewer people."
    ),
    Setting(name="workers", default=0, kind=int, help="Processes; 0: one for each core."),
    Setting(
        name="opt_out",
        default=None,
        kind=Path,
        help="File with one id a line (system:value) of people to leave out.",
    ),
    Setting(name="host", default="127.0.0.1", kind=str, help="Address that `serve` listens on."),
    Setting(name="port", default=8000, kind=int, help="Port that `serve` listens on."),
    Setting(
        name="imputations",
        default=1,
        kind=int,
        help="Draws of doubtful countries and persons that intervals allow for; 1: none.",
    ),
    Setting(
        name="resample",
        default="persons",
        kind=str,
        help="What replicates draw anew: persons, or two_way (persons and the papers they share).",
    ),
    Setting(
        name="memory",
        default=DEFAULT_MEMORY,
        kind=str,
        help="Memory that a build keeps to, such as 4GiB; what does not fit waits on the disk.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run; fields as in `SETTINGS`."""

    data: Path = Path("data")
    store: Path = Path("store")
    engine: str = "local"
    master: str = "local[*]"
    definitions: str = "standard"
    replicates: int = 200
    level: float = 0.95
    floor: int = 5
    workers: int = 0
    opt_out: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    imputations: int = 1
    resample: str = "persons"
    memory: str = DEFAULT_MEMORY

    def __post_init__(self) -> None:
        _require(self.engine in ("local", "spark"), "engine", self.engine, "local or spark")
        _require(0 <= self.replicates <= 10_000, "replicates", self.replicates, "0 to 10000")
        _require(0.5 <= self.level < 1, "level", self.level, "from 0.5 to below 1")
        _require(1 <= self.floor <= 1000, "floor", self.floor, "1 to 1000")
        _require(0 <= self.workers <= 1024, "workers", self.workers, "0 to 1024")
        _require(1 <= self.imputations <= 100, "imputations", self.imputations, "1 to 100")
        _require(0 < self.port < 65536, "port", self.port, "1 to 65535")
        known = self.resample in ("persons", "two_way")
        _require(known, "resample", self.resample, "persons or two_way")
        enough = self.memory_bytes >= LEAST_MEMORY_BYTES
        _require(enough, "memory", self.memory, "256MiB or more")

    @property
    def pools_draws(self) -> bool:
        """Whether careers are counted several times over and pooled."""
        return self.imputations > 1 or self.resample != "persons"

    @property
    def memory_bytes(self) -> int:
        """The setting `memory` in bytes."""
        return parse_memory(self.memory)

    @property
    def worker_count(self) -> int:
        """Processes to use, with 0 replaced by the cores this process may run on."""
        return self.workers or len(os.sched_getaffinity(0))


def read_settings(given: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """`given` (entries that are None count as absent) over the environment (empty variables
    count as absent) over the defaults.

    Raises `UsageError` naming the variable whose text cannot be read.
    """
    chosen: dict[str, Any] = {}
    for setting in SETTINGS:
        if given.get(setting.name) is not None:
            chosen[setting.name] = given[setting.name]
        elif environment.get(setting.variable):
            chosen[setting.name] = _convert(setting, environment[setting.variable])
    return Settings(**chosen)


def _convert(setting: Setting, text: str) -> Any:
    try:
        return setting.kind(text)
    except ValueError as error:
        raise UsageError(
            f"{setting.variable}={text!r} cannot be read",
            expected=f"{setting.kind.__name__}: {setting.help}",
        ) from error


def _require(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise UsageError(f"setting {name} = {value!r}", expected=expected)
