# Each target sets up what it needs. Python 3.11 or later, make and a package index are enough.
# Every package is installed from a lock file, by its hash. `make lock` writes the lock files.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := python -m pip --quiet --disable-pip-version-check
LOCKED := install --require-hashes --requirement
# The checkout itself. What builds it comes from a lock file as well.
CHECKOUT := install --no-deps --no-build-isolation --editable .

# Tests run in parallel and in random order. `make unit SEED=123` repeats an order, WORKERS=0 uses one process.
WORKERS ?= 4
SEED ?=
# What decides must be covered whole by its own tests. Less, in percent, is only for a run of some of them.
CORE_COVERAGE ?= 100
# One resolution for Python 3.11 and later, on every system. Extras stay: without them pip may take a newer release.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes --no-strip-extras $(UPGRADE)
# Node packages of the end-to-end tests. The lock files name no registry.
NODE = $(patsubst %/package.json,%,$(wildcard tests/e2e/*/package.json))
NPM = $(if $(UPGRADE),update --save,install) --package-lock-only --omit-lockfile-registry-resolved \
	--ignore-scripts --no-audit --no-fund --loglevel=error
ORDER = -n $(WORKERS) $(if $(SEED),--randomly-seed=$(SEED))

.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit coverage format e2e soak attack mutants bench metrics docs picture dist lock \
	upgrade test-lowest test-latest clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## run the real gate against a simulated server, about ten seconds
	@$(BIN)/dai-gate demo $(if $(OUTCOME),--outcome $(OUTCOME))

test: lint types unit ## lint, check types, run the tests

lint: $(VENV)/.dev ## check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## check types
	$(BIN)/mypy

unit: $(VENV)/.dev ## run the tests
	$(BIN)/pytest $(ORDER) --cov=gate/core --cov-report=term --cov-fail-under=$(CORE_COVERAGE) tests/unit/core
	$(BIN)/pytest $(ORDER) --ignore=tests/unit/core

coverage: $(VENV)/.dev ## run the tests with the coverage of all code, including the processes that they start
	MEASURED=subprocess $(BIN)/pytest $(ORDER) --cov --cov-report=term --cov-fail-under=99

format: $(VENV)/.dev ## format the code and fix what ruff can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

e2e: $(VENV)/.dev ## test with real parts: Docker, act, GitLab's runner, OAuth 2, proxies (Debian 12, root)
	@for install in tests/e2e/*/install.sh; do echo "$$install"; bash "$$install" || exit 1; done
	$(BIN)/pytest -n 2 tests/e2e

soak: $(VENV)/.dev ## run four thousand waits with faults side by side, some minutes
	$(BIN)/python tests/soak/campaign.py --figures tests/soak/figures.md

attack: $(VENV)/.dev ## attack the command four thousand times: hostile workspace, server, build system
	$(BIN)/python tests/attack/campaign.py --figures tests/attack/figures.md
	$(BIN)/python tests/attack/memory.py --figures tests/attack/memory.md

mutants: $(VENV)/.dev ## change the code that decides and list what no test notices, about ten minutes
	tests/mutants.sh $(BIN)/python

docs: $(VENV)/.dev ## write the generated parts of the documents
	$(BIN)/python scripts/documents.py
	$(BIN)/python scripts/schemas.py

picture: $(VENV)/.dev ## draw docs/live.svg, the live display of a wait
	$(BIN)/python scripts/picture.py

bench: $(VENV)/.dev ## measure and write benchmarks/RESULTS.md, two minutes; with TRACES=folder also schedules, six more
	$(if $(TRACES),$(BIN)/python benchmarks/schedules --write $(TRACES))
	$(BIN)/python benchmarks/run.py

metrics: $(VENV)/bin/python ## show the size and the import cycles of the code; BEFORE=revision compares
	$(BIN)/python benchmarks/metrics.py $(BEFORE)

dist: $(VENV)/bin/python ## what is released, below dist/: one file, wheel, sdist, checksums, bill of materials
	@$(BIN)/python release/build.py $(if $(PYTHONS),--pythons "$(PYTHONS)")

lock: $(VENV)/.dev ## write the lock files; a version that still fits is kept
	$(COMPILE) --output-file=requirements-build.lock --group=build
	$(COMPILE) --output-file=requirements.lock pyproject.toml
	$(COMPILE) --output-file=requirements-dev.lock --group=dev --constraints=requirements.lock \
		--constraints=requirements-build.lock pyproject.toml
	$(COMPILE) --output-file=tests/e2e/pipelines/requirements.lock --group=e2e
	$(COMPILE) --output-file=tests/e2e/readers/requirements.lock --group=readers
	$(foreach folder,$(NODE),npm $(NPM) --prefix $(folder) &&) true

upgrade: ## write the lock files with the newest versions
	$(MAKE) lock UPGRADE=--upgrade

test-lowest: RESOLUTION = lowest-direct
test-lowest: range-tests ## run the tests with the lowest versions that pyproject.toml admits
test-latest: RESOLUTION = highest
test-latest: range-tests ## run the tests with the newest versions that pyproject.toml admits

# In an environment of their own.
.PHONY: range-tests
range-tests: $(VENV)/.dev
	$(PYTHON) -m venv --clear $(VENV)-range
	$(BIN)/uv pip compile --quiet --python=$(VENV)-range/bin/python --resolution=$(RESOLUTION) --generate-hashes \
		--output-file=$(VENV)-range/lock pyproject.toml --group=build --group=test
	$(VENV)-range/bin/$(PIP) $(LOCKED) $(VENV)-range/lock
	$(VENV)-range/bin/$(PIP) $(CHECKOUT)
	$(VENV)-range/bin/pytest $(ORDER)

clean: ## remove everything that was built
	rm -rf $(VENV) $(VENV)-range dist build demo-reports .mypy_cache .ruff_cache .pytest_cache .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dai-gate needs Python 3.11 or later; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml requirements.lock requirements-build.lock | $(VENV)/bin/python
	@echo "setting up (once) ..."
	@$(BIN)/$(PIP) $(LOCKED) requirements.lock --requirement requirements-build.lock
	@$(BIN)/$(PIP) $(CHECKOUT)
	@touch $@

$(VENV)/.dev: pyproject.toml requirements-dev.lock | $(VENV)/bin/python
	@echo "setting up for development (once) ..."
	@$(BIN)/$(PIP) $(LOCKED) requirements-dev.lock
	@$(BIN)/$(PIP) $(CHECKOUT)
	@touch $@ $(VENV)/.run
