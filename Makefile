.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help
help: ## What you can do here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  make %-16s %s\n", $$1, $$2}'

# ── set-up ────────────────────────────────────────────────────────────────────────────────────────────
$(VENV)/bin/uv: requirements/bootstrap.txt
	@echo "Creating the virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.runtime: $(VENV)/bin/uv requirements/runtime.txt pyproject.toml
	@echo "Installing the pinned Python packages …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/runtime.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements/development.txt
	@echo "Installing the pinned test and lint packages …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/development.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.development ## Install everything a developer needs

# ── proof ─────────────────────────────────────────────────────────────────────────────────────────────
PYTEST := $(BIN)/python -m pytest

.PHONY: lint test test-unit test-integration test-e2e test-adapter
lint: setup ## Everything that can be said without running it: ruff, mypy, sqlfluff, cfn-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cfn-lint orchestration/template.yml
	AWS_ENDPOINT_URL=http://127.0.0.1:9 $(BIN)/sqlfluff lint models macros dbt_project tests/dbt

test: setup ## Unit, integration and whole-night tests on real engines; downloads them once
	$(PYTEST) tests/unit tests/integration tests/e2e

test-unit: setup ## Seconds, no services
	$(PYTEST) tests/unit

test-integration: setup ## One service at a time on localaws
	$(PYTEST) tests/integration

test-e2e: setup ## Whole nights
	$(PYTEST) tests/e2e

test-adapter: setup ## dbt's published adapter suite on localaws; long
	$(PYTEST) tests/adapter
