"""Which machine does the work of a build? A setting: the results are the same.

An engine runs one function over independent tasks and gives the results in the order of the
tasks. What is compiled and shares memory runs in threads of the machine that builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from talentflow.core.executor import run_in_processes
from talentflow.core.settings import Settings
from talentflow.core.spark import open_spark, run_in_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Where independent tasks run; `workers` are the processes for what stays on this machine."""

    @property
    def workers(self) -> int:
        """How many processes this machine may use."""

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """Results of `function`, importable by name, in the order of the tasks."""


@dataclass(frozen=True)
class LocalEngine:
    """Processes of this machine."""

    workers: int = 1

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """See `Engine.run`."""
        return run_in_processes(function, tasks, min(self.workers, len(tasks)))


@dataclass(frozen=True)
class SparkEngine:
    """The executors of a Spark cluster, which must see the data and the store under the same
    paths as this machine. `start` gives the session, which a build with nothing to do never
    asks for."""

    start: Callable[[], SparkSession]
    workers: int = 1

    def run(self, function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """See `Engine.run`."""
        return run_in_spark(function, tasks, self.start())


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The engine that the settings name, closed at the end.

    Raises `UsageError` where Spark is named and cannot be started.
    """
    if settings.engine == "local":
        yield LocalEngine(settings.worker_count)
        return
    with ExitStack() as open_sessions:
        yield SparkEngine(
            cache(lambda: open_sessions.enter_context(open_spark(settings.master))),
            settings.worker_count,
        )
