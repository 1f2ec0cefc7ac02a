"""What went wrong, and what to do about it.

Every error of the package derives from `TalentflowError` and says what was found, what was
expected, where, and the next step. `exit_status` is what the command line returns for it.
"""

from __future__ import annotations


class TalentflowError(Exception):
    """Root of the package's errors. `exit_status` 1: the data or the claim failed a check."""

    exit_status = 1

    def __init__(
        self,
        found: str,
        *,
        expected: str | None = None,
        where: str | None = None,
        next_step: str | None = None,
    ) -> None:
        self.found = found
        self.expected = expected
        self.where = where
        self.next_step = next_step
        super().__init__(self.describe())

    def describe(self) -> str:
        """The message: one line for each part that is known."""
        parts = [self.found]
        if self.where:
            parts.append(f"  where:    {self.where}")
        if self.expected:
            parts.append(f"  expected: {self.expected}")
        if self.next_step:
            parts.append(f"  to do:    {self.next_step}")
        return "\n".join(parts)


class UsageError(TalentflowError):
    """The request itself is wrong: an unknown indicator, area, period or definition."""

    exit_status = 2


class InputError(TalentflowError):
    """A source could not be used at all (single bad rows become rejects instead)."""


class ContractError(TalentflowError):
    """A table broke its contract: a column, a type, a key, a range or a total."""


class StoreError(TalentflowError):
    """The store cannot be read or written: locked, full, newer than this program, incomplete."""


class LicenceError(TalentflowError):
    """A source's licence forbids derived works and the user has not overridden that."""
