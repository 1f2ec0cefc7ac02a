#!/usr/bin/env bash
# Installs what the page tests need to drive a browser, where that is allowed: as root, with apt.
# Never fails: without a browser those tests are skipped and say what is missing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
    local package packages=()
    # A Korean font comes along, so that pages in Korean are drawn with their own letters.
    has_chromium || packages+=(chromium fonts-nanum)
    # The one library that playwright's own driver needs and a bare Debian lacks.
    .venv/bin/python -m playwright --version >/dev/null 2>&1 || packages+=(libatomic1)
    if [[ ${#packages[@]} -eq 0 ]]; then
        return
    fi
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "missing, and no right to install: ${packages[*]}; the browser tests will be skipped"
        return
    fi
    echo "installing system packages for the browser tests: ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    timeout 300 apt-get update --quiet=2 </dev/null
    for package in "${packages[@]}"; do
        timeout 600 apt-get install --yes --quiet=2 --no-install-recommends "$package" </dev/null >/dev/null ||
            echo "the system package $package could not be installed"
    done
}

has_chromium() {
    local name
    for name in "${TALENTFLOW_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [[ -n $name ]] && command -v "$name" >/dev/null; then
            return 0
        fi
    done
    return 1
}

main
exit 0
