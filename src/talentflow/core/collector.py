"""When is Python's garbage collector worth its time? Not while many objects are made to be kept."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """No cyclic collection inside; what was set before holds again afterwards.

    Reference counting goes on, so only cycles wait. A registry of a million objects would else
    be searched again and again for garbage it does not hold.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
