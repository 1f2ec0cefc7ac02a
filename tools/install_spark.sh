#!/usr/bin/env bash
# Installs what the tests of the Spark engine need: pyspark into .venv, and Java where that is
# allowed (as root, with apt). Never fails: without them those tests are skipped and say so.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
readonly JAVA=openjdk-17-jre-headless

main() {
    has_pyspark || install_pyspark
    has_java || install_java
}

has_pyspark() {
    local wanted
    wanted=$(sed -n 's/^pyspark==//p' constraints-spark.txt)
    [[ $(.venv/bin/python -c 'import pyspark; print(pyspark.__version__)' 2>/dev/null) == "$wanted" ]]
}

# pyspark comes as a source package: what builds it is pinned and installed first.
install_pyspark() {
    echo "installing pyspark into .venv for the tests of the Spark engine"
    grep -E '^(setuptools|wheel)==' constraints-spark.txt |
        xargs .venv/bin/python -m pip install --quiet --no-deps &&
        .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation \
            --requirement constraints-spark.txt ||
        echo "pyspark could not be installed; the tests of the Spark engine will be skipped"
}

has_java() {
    [[ -n ${JAVA_HOME:-} ]] || command -v java >/dev/null
}

install_java() {
    if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
        echo "missing, and no right to install: $JAVA; the tests of the Spark engine will be skipped"
        return
    fi
    echo "installing the system package $JAVA for the tests of the Spark engine"
    export DEBIAN_FRONTEND=noninteractive
    timeout 300 apt-get update --quiet=2 </dev/null
    timeout 600 apt-get install --yes --quiet=2 --no-install-recommends "$JAVA" </dev/null >/dev/null ||
        echo "the system package $JAVA could not be installed"
}

main
exit 0
