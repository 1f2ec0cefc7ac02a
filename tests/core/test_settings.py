"""Does each setting come from the right place, and a wrong one name itself?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from talentflow.core.errors import UsageError
from talentflow.core.settings import SETTINGS, Settings, read_settings


def test_the_list_is_the_settings() -> None:
    fields = {field.name: field.default for field in dataclasses.fields(Settings)}
    listed = {s.name: s.default and s.kind(s.default) for s in SETTINGS}
    assert listed == fields
    assert all(s.help.endswith(".") for s in SETTINGS)


def test_command_line_over_environment_over_default() -> None:
    environment = {"TALENTFLOW_FLOOR": "7", "TALENTFLOW_STORE": "there", "OTHER": "x"}
    found = read_settings({"floor": 9, "store": None}, environment)
    assert (found.floor, found.store, found.replicates) == (9, Path("there"), 200)
    assert read_settings({}, {}) == Settings()


def test_zero_on_the_command_line_is_given() -> None:
    assert read_settings({"replicates": 0}, {"TALENTFLOW_REPLICATES": "50"}).replicates == 0


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("TALENTFLOW_FLOOR", "five", "TALENTFLOW_FLOOR='five' cannot be read"),
        ("TALENTFLOW_LEVEL", "95%", "expected: float"),
        ("TALENTFLOW_WORKERS", "2.5", "TALENTFLOW_WORKERS"),
        ("TALENTFLOW_FLOOR", "0", "1 to 1000"),
        ("TALENTFLOW_LEVEL", "95", "from 0.5 to below 1"),
        ("TALENTFLOW_LEVEL", "nan", "from 0.5 to below 1"),
        ("TALENTFLOW_REPLICATES", "-1", "0 to 10000"),
        ("TALENTFLOW_PORT", "65536", "1 to 65535"),
        ("TALENTFLOW_ENGINE", "cloud", "setting engine = 'cloud'"),
    ],
)
def test_what_cannot_be(variable: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_settings({}, {variable: text})
    assert caught.value.exit_status == 2


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({}, {"TALENTFLOW_FLOOR": "", "TALENTFLOW_OPT_OUT": ""}) == Settings()


def test_workers() -> None:
    assert Settings(workers=3).worker_count == 3
    assert Settings().worker_count >= 1
