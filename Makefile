# make install      .venv with the pinned packages and the command .venv/bin/talentflow
# make run          build the figures, print the headlines, serve them (SERVE=0: stop after printing)
# make test         format, types, layers and all tests but the slow ones
# make check-full   the same with the slow tests
# make bench        run every benchmark, or those in BENCH="people places"; writes benchmarks/latest.json
# make reference    write docs/reference anew from the code
# make lock         write constraints.txt anew from pyproject.toml

BIN := .venv/bin
DATA ?= $(wildcard ../shared/data)
STORE ?= store
SERVE ?= 1
HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2

TOY := build/toy
PERIOD := 2005:2023
SHOW := $(BIN)/talentflow show --store $(STORE) --area KR

.PHONY: install run lint test check-full bench reference lock chromium spark
.DEFAULT_GOAL := install

install:
	@tools/install.sh

chromium:
	@tools/install_chromium.sh

spark: install
	@tools/install_spark.sh

run: install
	$(if $(DATA),,$(BIN)/python tools/write_toy_world.py $(TOY))
	$(BIN)/talentflow build --data $(or $(DATA),$(TOY)) --store $(STORE)
	$(SHOW) --period $(PERIOD) stock
	$(SHOW) --period $(PERIOD) net_rate
	$(SHOW) --period $(PERIOD) --partner US flow
	$(SHOW) work_share
	$(SHOW) retention
	$(if $(filter 0,$(SERVE)),,$(BIN)/talentflow serve --store $(STORE) --host $(HOST) --port $(PORT))

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint chromium spark
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile -m "not slow"

check-full: lint chromium spark
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile

bench: install
	$(BIN)/python benchmarks/run.py $(BENCH)

reference: install
	$(BIN)/python tools/write_reference.py

lock:
	tools/lock.sh
