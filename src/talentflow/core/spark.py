"""Where independent tasks run on a cluster: the functions that processes run, through Spark.

Spark is an optional extra. Results come back in the order of the tasks, and a lost task is run
again by Spark on the same input, so a cluster gives the same bytes as a laptop.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from talentflow.core.errors import TalentflowError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Task = TypeVar("Task")
Result = TypeVar("Result")

_TASKS_A_CORE: Final = 4
"""How many results a core may have waiting at the driver."""

_SETTINGS: Final = {
    "spark.ui.showConsoleProgress": "false",
    # Partitions are sized by persons; merging small ones would only make the last task longer.
    "spark.sql.adaptive.enabled": "false",
}
_LOCAL_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@contextmanager
def open_spark(master: str) -> Iterator[SparkSession]:
    """A Spark session on a master: `local[2]`, `yarn`, `k8s://…`, `spark://host:7077`.

    A session that is already open in this process (a notebook's, Databricks') is used and left
    open. Raises `UsageError` where pyspark or Java is missing.
    """
    session_class = _import_session()
    current = session_class.getActiveSession()
    if current is not None:
        yield current
        return
    session = _start(session_class, master)
    try:
        yield session
    finally:
        session.stop()


def run_in_spark(
    function: Callable[[Task], Result], tasks: Iterable[Task], session: SparkSession
) -> Iterator[Result]:
    """Results of `function` over `tasks`, in order; executors must be able to import it.

    An error of talentflow's own (a damaged file, a broken contract) is raised here as it is and
    not tried again; anything else is retried as often as the cluster says.
    """
    context = session.sparkContext
    size = _TASKS_A_CORE * max(context.defaultParallelism, 1)
    waiting = iter(tasks)
    while batch := list(islice(waiting, size)):
        done = context.parallelize(batch, len(batch)).map(_Guarded(function)).collect()
        for result in done:
            if isinstance(result, TalentflowError):
                raise result
            yield result


class _Guarded:
    """A function that returns talentflow's own errors, so that Spark does not retry them."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, task: Any) -> Any:
        try:
            return self._function(task)
        except TalentflowError as error:
            return error


def _import_session() -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError(
            "pyspark is not installed",
            expected="the extra `spark` for --engine spark",
            next_step='pip install "talentflow[spark]", or leave --engine out',
        ) from error
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise UsageError(
            "Spark needs Java, and there is none",
            expected="Java 17 or newer on the path or in JAVA_HOME",
            next_step="install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless)",
        )
    return SparkSession


def _start(session_class: Any, master: str) -> SparkSession:
    # Workers must run the interpreter that has talentflow installed.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = session_class.builder.master(master).appName("talentflow")
    local = master.startswith("local")
    for name, value in (_SETTINGS | (_LOCAL_SETTINGS if local else {})).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
