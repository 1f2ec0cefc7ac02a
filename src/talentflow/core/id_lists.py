"""How is a file with one id a line read?"""

from __future__ import annotations

from pathlib import Path

from talentflow.core.errors import InputError


def read_ids(path: Path, what: str, expected: str) -> list[str]:
    """The lines that are neither empty nor begin with `#`, in their order.

    Raises `InputError`, which says `what` cannot be read and what was `expected` of it.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{what} cannot be read: {error}", where=str(path), expected=expected
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
