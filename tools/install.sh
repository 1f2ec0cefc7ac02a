#!/usr/bin/env bash
# Builds .venv in the repository root: the pinned packages, then talentflow itself, editable.
# Does nothing when .venv already holds what pyproject.toml and constraints.txt ask for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly STAMP=.venv/installed
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

main() {
    local wanted python
    wanted=$(wanted_state)
    if [[ -f $STAMP && $(<"$STAMP") == "$wanted" ]] && .venv/bin/python -c "import talentflow"; then
        return
    fi
    if ! venv_is_usable; then
        python=$(find_python)
        "$python" -c "import ensurepip" 2>/dev/null || install_ensurepip "$python"
        rm -rf .venv
        "$python" -m venv .venv
    fi
    echo "installing $(grep -c == constraints.txt) pinned packages into .venv"
    .venv/bin/python -m pip install --quiet --no-deps --requirement constraints.txt
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
    .venv/bin/python -m pip check
    echo "$wanted" >"$STAMP"
}

# The repository's path is part of the state: the scripts of a virtual environment contain it.
wanted_state() {
    { pwd; cat pyproject.toml constraints.txt tools/install.sh; } | sha256sum
}

venv_is_usable() {
    [[ $(.venv/bin/python -c 'import pip, sys; print(sys.prefix)' 2>/dev/null) == "$PWD/.venv" ]] &&
        grep -q "$PWD/.venv/" .venv/bin/pip
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer was found" \
        "install it (Debian, Ubuntu: apt-get install python3.11) or name one: make install PYTHON=/path/to/python3"
}

# Debian ships Python without ensurepip, in a package of its own.
install_ensurepip() {
    local python=$1 package
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        fail "$python cannot make a virtual environment: its module ensurepip is missing" \
            "ask an administrator for it (Debian, Ubuntu: apt-get install $package), then run make again"
    fi
    echo "$python has no ensurepip: installing the system package $package"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet=2 </dev/null || true
    apt-get install --yes --quiet=2 --no-install-recommends "$package" </dev/null >/dev/null ||
        fail "the system package $package could not be installed" "install it by hand, then run make again"
}

fail() {
    printf 'make install: %s\n  to do: %s\n' "$1" "$2" >&2
    exit 1
}

main
