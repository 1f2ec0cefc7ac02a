"""Do workers return every result, in order, and say so when one dies?"""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from talentflow.core.errors import InputError, TalentflowError
from talentflow.core.executor import run_in_processes, run_in_threads


def square(number: int) -> int:
    time.sleep(0.002 * (number % 3))
    return number * number


def refuse(number: int) -> int:
    if number == 3:
        raise InputError("row 3 is bad", where="here")
    return number


def die(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("run", [run_in_processes, run_in_threads])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_results_come_in_the_order_of_the_tasks(run: object, workers: int) -> None:
    assert callable(run)
    assert list(run(square, range(30), workers)) == [n * n for n in range(30)]
    assert list(run(square, [], workers)) == []


@pytest.mark.parametrize("run", [run_in_processes, run_in_threads])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_keeps_its_words(run: object, workers: int) -> None:
    assert callable(run)
    done = []
    with pytest.raises(InputError, match="row 3 is bad") as caught:
        done.extend(run(refuse, range(6), workers))
    assert caught.value.where == "here"


def test_a_dead_worker_is_explained() -> None:
    with pytest.raises(TalentflowError, match="fewer --workers"):
        list(run_in_processes(die, range(6), 2))


def test_one_worker_is_this_thread() -> None:
    threads = set(run_in_threads(lambda _: threading.get_ident(), range(3), 1))
    assert threads == {threading.get_ident()}


def test_few_results_wait_in_memory() -> None:
    started: list[int] = []

    def start(number: int) -> int:
        started.append(number)
        return number

    results = run_in_threads(start, range(1000), 2)
    next(results)
    time.sleep(0.05)
    assert len(started) <= 2 * 2 + 1
    assert list(results) == list(range(1, 1000))
