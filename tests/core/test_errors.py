"""Do errors say what was found, what was expected, where, and what to do?"""

from __future__ import annotations

import pytest

import talentflow
from talentflow.core import errors
from talentflow.core.errors import TalentflowError, UsageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type)]


def test_message_has_one_line_for_each_known_part() -> None:
    error = TalentflowError("found", expected="wanted", where="here", next_step="do this")
    assert str(error).splitlines() == [
        "found",
        "  where:    here",
        "  expected: wanted",
        "  to do:    do this",
    ]
    assert str(TalentflowError("found")) == "found"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_caught_by_the_root(kind: type[TalentflowError]) -> None:
    assert issubclass(kind, TalentflowError)
    assert kind.exit_status == (2 if kind is UsageError else 1)
    assert kind.__doc__


def test_the_root_error_is_public() -> None:
    assert talentflow.TalentflowError is TalentflowError
    assert "TalentflowError" in dir(talentflow)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = talentflow.no_such_name
