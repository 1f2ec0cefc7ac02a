"""Does a checksum change when, and only when, what it stands for changes?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core import provenance
from talentflow.core.provenance import checksum_code, checksum_file, checksum_value
from talentflow.core.rules import MoveRule, Rules

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def test_files_are_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksum_file(path) == expected


@given(st.dictionaries(st.text(max_size=5), plain, max_size=5))
def test_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert checksum_value(backwards) == checksum_value(value)


@given(plain, plain)
def test_different_values_differ(one: object, other: object) -> None:
    # Python holds 1 and True equal, JSON does not.
    assert (checksum_value(one) == checksum_value(other)) == (repr(one) == repr(other))


def test_a_changed_rule_is_a_changed_key() -> None:
    one, other = (Rules(move=MoveRule(max_gap_years=n)).to_dict() for n in (3, 2))
    assert checksum_value(one) != checksum_value(other)
    assert checksum_value(one) == checksum_value(Rules().to_dict())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package's core that may be changed."""
    root = tmp_path / "talentflow"
    shutil.copytree(Path(provenance.__file__).parent, root / "core")
    monkeypatch.setattr(provenance, "__file__", str(root / "core" / "provenance.py"))
    checksum_code.cache_clear()
    yield root
    checksum_code.cache_clear()


def key_of_core() -> str:
    checksum_code.cache_clear()
    return checksum_code("core")


def test_changed_code_is_a_changed_key(package: Path) -> None:
    before = key_of_core()
    (package / "core" / "areas.cpython-311.pyc").write_bytes(b"compiled")
    assert key_of_core() == before
    (package / "core" / "corrections.csv").write_text("a,b\n")
    with_data = key_of_core()
    assert with_data != before
    with (package / "core" / "rules.py").open("a") as stream:
        stream.write("# changed\n")
    assert key_of_core() not in (before, with_data)


def test_a_renamed_file_is_a_changed_key(package: Path) -> None:
    before = key_of_core()
    (package / "core" / "areas.py").rename(package / "core" / "zones.py")
    assert key_of_core() != before


def test_layers_in_any_order() -> None:
    assert checksum_code("core", "careers") == checksum_code("careers", "core", "core")
    assert checksum_code("core") != checksum_code("careers")
