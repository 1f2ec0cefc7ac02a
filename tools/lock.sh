#!/usr/bin/env bash
# Writes constraints.txt anew: the newest versions that pyproject.toml allows, and all they need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3.11}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" - >"$scratch/wanted.txt" <<'PYTHON'
import tomllib

with open("pyproject.toml", "rb") as file:
    settings = tomllib.load(file)
project = settings["project"]
for wanted in (
    *project["dependencies"],
    *project["optional-dependencies"]["dev"],
    *settings["build-system"]["requires"],
    "editables",  # what hatchling needs for an editable installation
):
    print(wanted)
PYTHON
"$scratch/venv/bin/python" -m pip install --quiet --requirement "$scratch/wanted.txt"
{
    grep '^#' constraints.txt
    "$scratch/venv/bin/python" -m pip freeze
} >"$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
