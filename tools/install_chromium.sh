#!/usr/bin/env bash
# Installs the browser that the page tests drive, where that is allowed: as root, with apt.
# Never fails: without a browser those tests are skipped and say what is missing.
set -uo pipefail

for name in "${TALENTFLOW_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [[ -n $name ]] && command -v "$name" >/dev/null; then
        exit 0
    fi
done

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "no Chromium here and no right to install it: the browser tests will be skipped"
    exit 0
fi

echo "installing the system package chromium for the browser tests"
export DEBIAN_FRONTEND=noninteractive
timeout 300 apt-get update --quiet=2 </dev/null || true
# A Korean font comes along, so that pages in Korean are drawn with their own letters.
for package in chromium fonts-nanum; do
    timeout 600 apt-get install --yes --quiet=2 --no-install-recommends "$package" </dev/null >/dev/null ||
        echo "the system package $package could not be installed"
done
exit 0
