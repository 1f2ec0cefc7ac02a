"""Where independent tasks run: in this process, or in several beside it.

Results come back in the order of the tasks whatever finishes first, so the number of workers
can never change a result.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import TypeVar

from talentflow.core.errors import TalentflowError

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_in_processes(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Iterator[Result]:
    """Results of `function` over `tasks`, in order; `function` must be importable by name.

    With one worker nothing is started. At most a few results per worker wait in memory.
    """
    if workers <= 1:
        yield from map(function, tasks)
        return
    with _open_pool(function.__module__, workers) as pool:
        yield from _in_order(pool.submit, function, tasks, limit=4 * workers)


def run_beside(function: Callable[[Task], Result], task: Task, workers: int) -> Result:
    """The result of one task in a process of its own, which leaves the interpreter to what runs
    meanwhile; with one worker nothing is started."""
    if workers <= 1:
        return function(task)
    with _open_pool(function.__module__, 1) as pool:
        return pool.submit(function, task).result()


@contextmanager
def _open_pool(module: str, workers: int) -> Iterator[ProcessPoolExecutor]:
    # Forking a process that runs threads (Arrow, DuckDB) can deadlock; a fork server has none.
    context = multiprocessing.get_context("forkserver")
    # The server imports the work once; every worker of this and later calls starts from there.
    context.set_forkserver_preload([module])
    forkserver.ensure_running()  # now, so that it imports while the first task is made
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            yield pool
        except BrokenProcessPool as error:
            raise TalentflowError(
                "a worker process died, most likely for want of memory",
                next_step="run again with fewer --workers; finished stages are kept",
            ) from error


def run_in_threads(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Iterator[Result]:
    """The same in threads, for compiled work that releases the interpreter lock."""
    if workers <= 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from _in_order(pool.submit, function, tasks, limit=2 * workers)


def _in_order(
    submit: Callable[..., Future[Result]],
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    limit: int,
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for task in tasks:
        waiting.append(submit(function, task))
        if len(waiting) >= limit:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
