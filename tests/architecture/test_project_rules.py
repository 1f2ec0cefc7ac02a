"""Do the files keep the rules that the project has set itself?"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MODULE_LINES = 450
BODY_LINES = 60
NINE_IN_TEN_LINES = 40
TRACKED_FILE_BYTES = 1_500_000

UNFINISHED = r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError"
MACHINE_PATHS = r"(?<![\w./-])/(work|root|tmp|home/\w+|Users/\w+)/"
REGISTRIES = r"pypi\.org|pythonhosted|(--|extra-)index-url|find-links|registry\.npmjs"

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
HEAVY = ("numpy", "pyarrow", "numba", "duckdb", "pandas", "polars", "altair", "fastapi", "babel")


@pytest.fixture(scope="module")
def modules(repository: Path) -> dict[str, ast.Module]:
    """Path below `src` → syntax tree."""
    source = repository / "src"
    return {
        str(path.relative_to(source)): ast.parse(path.read_text("utf-8"))
        for path in sorted(source.rglob("*.py"))
    }


@pytest.fixture(scope="module")
def project_files(repository: Path) -> list[Path]:
    """Every file that is or would be committed."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git working tree: nothing says which files belong to the project")
    paths = [repository / line for line in listing.stdout.splitlines()]
    return [path for path in paths if path.is_file()]


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def code_lines(tree: ast.Module) -> int:
    """Lines of a module less its tables of constants, which are as long as what they list."""
    tables = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    in_tables = sum((node.end_lineno or 0) - node.lineno + 1 for node in tables)
    return max((node.end_lineno or 0 for node in tree.body), default=0) - in_tables


def test_every_module_opens_with_its_question(modules: dict[str, ast.Module]) -> None:
    assert not [name for name, tree in modules.items() if not ast.get_docstring(tree)]


def test_every_public_name_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in modules.items()
        for node in tree.body
        if isinstance(node, (*FUNCTIONS, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent


def test_modules_are_short(modules: dict[str, ast.Module]) -> None:
    lines = {name: code_lines(tree) for name, tree in modules.items()}
    assert not {name: n for name, n in lines.items() if n > MODULE_LINES}


def test_bodies_are_short(modules: dict[str, ast.Module]) -> None:
    lines = {
        f"{name}:{function.lineno} {function.name}": body_lines(function)
        for name, tree in modules.items()
        for function in functions_of(tree)
    }
    assert not {name: n for name, n in lines.items() if n > BODY_LINES}
    ordered = sorted(lines.values())
    long = {name: n for name, n in lines.items() if n > NINE_IN_TEN_LINES}
    assert ordered[len(ordered) * 9 // 10] <= NINE_IN_TEN_LINES, long


def test_no_shared_drawer(modules: dict[str, ast.Module]) -> None:
    """A helper lives in the module that owns the concept."""
    drawers = {"utils", "util", "helpers", "misc", "common"}
    assert not [name for name in modules if Path(name).stem in drawers]


@pytest.mark.parametrize("pattern", [UNFINISHED, MACHINE_PATHS, REGISTRIES])
def test_no_file_holds(project_files: list[Path], pattern: str) -> None:
    found = [
        f"{path.name}:{number}: {line.strip()[:80]}"
        for path in project_files
        if path != Path(__file__)
        for number, line in enumerate(lines_of(path), start=1)
        if re.search(pattern, line)
    ]
    assert not found


def lines_of(path: Path) -> list[str]:
    """The lines of a text file; none for a binary one."""
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def test_no_data_is_committed(project_files: list[Path]) -> None:
    assert not [path for path in project_files if path.stat().st_size > TRACKED_FILE_BYTES]


def test_importing_the_package_is_free(repository: Path) -> None:
    loaded = run_python(
        repository, "import sys, talentflow; print(*{m.split('.')[0] for m in sys.modules})"
    )
    assert not set(loaded.split()) & set(HEAVY)


def test_importing_a_module_does_nothing(repository: Path, modules: dict[str, ast.Module]) -> None:
    """No process, connection or file for writing is opened by the package's own lines."""
    names = [name[: -len(".py")].replace(os.sep, ".") for name in modules]
    program = IMPORT_UNDER_AUDIT.format(
        source=str(repository / "src"),
        names=[name.removesuffix(".__init__") for name in names if "__main__" not in name],
    )
    assert run_python(repository, program) == ""


IMPORT_UNDER_AUDIT = """
import importlib, sys

def own_line():
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith({source!r}):
            return f"{{file}}:{{frame.f_lineno}}"
        if "site-packages" in file:
            return None
        frame = frame.f_back

def watch(event, args):
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event in ("socket.connect", "subprocess.Popen", "os.system"):
        line = own_line()
        if line:
            print(event, line)

for name in {names!r}:
    importlib.import_module(name)
    if name == "talentflow":
        sys.addaudithook(watch)
"""


def run_python(repository: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
