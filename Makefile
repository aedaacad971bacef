# The front door. Each target sets up what it needs: Python 3.11 or later, make and a package index are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit e2e soak mutants bench docs dist clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## the real gate against a simulated server, about ten seconds
	@$(BIN)/dai-gate demo $(if $(OUTCOME),--outcome $(OUTCOME))

test: lint types unit ## lint, types, tests with coverage

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/pytest --cov --cov-report=term

e2e: $(VENV)/.dev ## with real parts: Docker, act, GitLab's runner, OAuth 2, proxies (Debian 12, root)
	@for install in tests/e2e/*/install.sh; do echo "$$install"; bash "$$install" || exit 1; done
	$(BIN)/pytest tests/e2e

soak: $(VENV)/.dev ## two thousand waits with faults, side by side, some minutes
	$(BIN)/python tests/soak/campaign.py

mutants: $(VENV)/.dev ## change the code that decides, and list what no test notices, about ten minutes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'mutmut>=3.8,<4'
	tests/mutants.sh $(BIN)/python

docs: $(VENV)/.dev ## write what the documents say from the program
	$(BIN)/python docs/generate.py
	$(BIN)/python schemas/generate.py

bench: $(VENV)/.dev ## measure, and write benchmarks/RESULTS.md, about ten minutes
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python benchmarks/run.py

dist: $(VENV)/bin/python ## what is released, below dist/: one file, wheel, sdist, checksums, bill of materials
	@$(BIN)/python release/build.py $(if $(PYTHONS),--pythons "$(PYTHONS)")

clean: ## remove what was built
	rm -rf $(VENV) dist build demo-reports .mypy_cache .ruff_cache .pytest_cache .coverage

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dai-gate needs Python 3.11 or later; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@echo "setting up (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "setting up for development (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.run
