# Two commands from a fresh clone: `make run` and `make test`. `make help` lists the others.
.DEFAULT_GOAL := help
.PHONY: help run setup licences test check test-frontend test-backend conformance format bench eval lock

PYTHON ?= python3
BIN := .venv/bin
STAGE := sh setup/stage.sh
SOURCES := backend/src backend/tests docker setup $(if $(wildcard benchmarks/*.py),benchmarks)
ARGS ?=
PARALLEL ?= -n auto --dist worksteal

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 24

run: ## install what is missing and go on air; ARGS="--channel name" are its options
	@$(PYTHON) setup/setup.py
	@exec $(BIN)/open-llm-vtuber run $(ARGS)

setup: ## install everything that `make test` needs, without running anything
	@$(PYTHON) setup/setup.py --dev

test: setup check test-frontend test-backend ## check everything, then run every test; ARGS go to pytest

check: setup ## lint, formatting, types, import rule
	@$(STAGE) "ruff check" $(BIN)/ruff check $(SOURCES)
	@$(STAGE) "ruff format" $(BIN)/ruff format --check $(SOURCES)
	@$(STAGE) "mypy" $(BIN)/mypy $(SOURCES)
	@$(STAGE) "import rule" $(BIN)/lint-imports --no-logo
	@$(STAGE) "frontend types" sh setup/npm_script.sh frontend check

test-frontend: setup
	@$(STAGE) "frontend tests" sh setup/npm_script.sh frontend test

test-backend: setup
	@$(STAGE) "backend tests" $(BIN)/pytest $(PARALLEL) $(ARGS)

conformance: setup ## replay whole exchanges against a server; URL=ws://host:port/client-ws names another than ours
	@$(STAGE) "conformance" env OLV_CONFORMANCE_URL="$(URL)" $(BIN)/pytest backend/tests/wire/test_transcripts.py $(ARGS)

format: setup ## put every file into the house format
	@$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: setup ## run the measurements; ARGS name some of them
	@exec $(BIN)/python -m benchmarks $(ARGS)

eval: setup ## score what a language model answers to real chat lines; ARGS="--external", see docs/reply-quality.md
	@exec $(BIN)/python -m benchmarks.eval $(ARGS)

licences: setup ## write docs/licences.md anew, after `make lock`
	@$(BIN)/python setup/licences.py

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-annotate --custom-compile-command "make lock" --extra embedded --extra ears --excludes requirements/excludes.in $(ARGS) \
  pyproject.toml requirements/run.in

lock: setup ## pin the dependencies anew; ARGS=--upgrade takes newer versions
	@$(COMPILE) --output-file requirements/run.lock
	@$(COMPILE) requirements/dev.in --constraints requirements/run.lock --output-file requirements/dev.lock
