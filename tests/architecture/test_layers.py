"""Does the guard of the layers stand, and does it fail when somebody climbs over it?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = [
    "core",
    "sources",
    "resolve",
    "careers",
    "compute",
    "indicators",
    "estimate",
    "index",
    "claims",
    "simulate",
    "pipeline",
    "serve",
    "cli",
]
FORBIDDEN_BEHIND_THE_WEB = ("sources", "resolve", "careers")


@pytest.fixture
def skeleton(tmp_path: Path, repository: Path) -> Path:
    """A package with every layer and no imports, under the real contracts."""
    package = tmp_path / "talentflow"
    for layer in LAYERS:
        (package / layer).mkdir(parents=True)
        (package / layer / "__init__.py").touch()
        (package / layer / "work.py").touch()
    (package / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((repository / "pyproject.toml").read_text("utf-8"))
    return tmp_path


def check_layers(folder: Path, source: Path | None = None) -> tuple[bool, str]:
    """Run import-linter on the package in `source`: (contracts kept, what it printed)."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source or folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def plant(folder: Path, imports: dict[str, str]) -> None:
    for module, imported in imports.items():
        path = folder / "talentflow" / Path(*module.split(".")).with_suffix(".py")
        path.write_text(f"import talentflow.{imported}\n", "utf-8")


def test_package_keeps_its_layers(repository: Path) -> None:
    kept, output = check_layers(repository, repository / "src")
    assert kept, output


def test_allowed_imports_pass(skeleton: Path) -> None:
    plant(
        skeleton,
        {
            "sources.work": "core.work",
            "resolve.work": "sources.work",
            "careers.work": "resolve.work",
            "indicators.work": "careers.work",
            "pipeline.work": "indicators.work",
            "cli.work": "pipeline.work",
            "serve.work": "core.work",
        },
    )
    kept, output = check_layers(skeleton)
    assert kept, output


@pytest.mark.parametrize(
    ("imports", "contract"),
    [
        ({"core.work": "sources.work"}, "Layers"),
        ({"resolve.work": "pipeline.work"}, "Layers"),
        ({"careers.work": "compute.work"}, "Layers"),
        ({"claims.work": "index.work"}, "Layers"),
        ({"serve.work": "careers.work"}, "No person-level code"),
        ({"serve.work": "pipeline.work", "pipeline.work": "sources.work"}, "No person-level code"),
        ({"simulate.work": "indicators.work", "indicators.work": "resolve.work"}, "No person-lev"),
    ],
    ids=lambda case: " ".join(f"{a}→{b}" for a, b in case.items()) if type(case) is dict else None,
)
def test_planted_import_is_caught(skeleton: Path, imports: dict[str, str], contract: str) -> None:
    plant(skeleton, imports)
    kept, output = check_layers(skeleton)
    assert not kept
    assert re.search(rf"{contract}.* BROKEN", output), output


def test_module_without_a_layer_is_caught(skeleton: Path) -> None:
    (skeleton / "talentflow" / "extras.py").touch()
    kept, output = check_layers(skeleton)
    assert not kept
    assert "talentflow.extras" in output


def test_web_loads_no_person_level_module(repository: Path) -> None:
    """The contract again at run time, where imports inside functions and strings show too."""
    source = repository / "src"
    modules = [
        ".".join(path.relative_to(source).with_suffix("").parts)
        for layer in ("serve", "simulate")
        for path in sorted((source / "talentflow" / layer).rglob("*.py"))
    ]
    program = "import importlib, sys\n"
    program += f"for name in {modules!r}: importlib.import_module(name)\n"
    program += "print(*(m for m in sys.modules if m.startswith('talentflow.')))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert loaded.isdisjoint(FORBIDDEN_BEHIND_THE_WEB)
