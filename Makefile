# Everything a contributor runs. Needs Python 3.11+ (with venv) and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Two workers suit the two cores of the smallest machine; PYTEST_ARGS narrows a run, e.g. PYTEST_ARGS="tests/core -x",
# SEEDS what `make determinism` plays.
JOBS ?= 2
PYTEST_ARGS ?=
SEEDS ?= 1..200
# --enforce-counts fails the run when there are too few mutants, or too few that general suites and fuzz kill.
MUTANTS_ARGS ?= --enforce-counts
PACKAGES := core sim real swarmsim

.DEFAULT_GOAL := help
.PHONY: help venv demo test check lint types contracts house format mutants determinism bench clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## Create .venv with everything at its pinned version

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || { echo "creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing pinned dependencies into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## Kill 2 of 5 managers in the simulator and report what happened
	@$(BIN)/swarmsim run scenarios/kill-2-of-5-managers.yaml --out reports/demo

test: $(STAMP) ## Run the test suite
	@$(BIN)/python -m pytest -q -n $(JOBS) $(PYTEST_ARGS)

check: lint types contracts house ## Lint, layout, types, import contracts, purity of the core (-k: all of them, whatever fails)

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

house: $(STAMP)
	$(BIN)/python -m pytest -q tests/house

format: $(STAMP) ## Format the code and sort its imports
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

mutants: $(STAMP) ## Prove that the tests notice bugs planted in the code
	@$(BIN)/python tests/mutants/run.py --jobs $(JOBS) $(MUTANTS_ARGS)

determinism: $(STAMP) ## Play 200 fuzz schedules under two hash seeds: their reports must be equal
	@$(BIN)/python tests/support/determinism.py --seeds $(SEEDS) --jobs $(JOBS)

bench: $(STAMP) ## Measure the core, the simulator and the loopback driver
	@for benchmark in $$(grep -l __main__ benchmarks/*.py); do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

clean: ## Remove what the other targets made
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache reports/demo
	find $(PACKAGES) tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
