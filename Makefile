.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

# A value typed after `make` is text. Make would expand a $ in it, and even run $(shell …), also when it passes the
# variable to a recipe. So recipes take values from their environment, where bash does not expand them.
TYPED := $(strip $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
$(foreach name,$(TYPED),$(eval override export $(name) := $$(value $(name))))

.PHONY: help
help: ## What you can do here
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  make %-16s %s\n", $$1, $$2}'

# The pins are complete: resolving a source package's dependencies would download pyspark (317 MB) twice.
PINNED := --quiet --python $(BIN)/python --require-hashes --no-deps

# Runs an installer silently; if it fails, prints one line with the reason and what to do.
define installed
mkdir -p build && $(1) > build/setup.log 2>&1 || { \
	echo "Error: the Python packages could not be installed: $$(grep -iE 'error|failed|no space' build/setup.log | tail -1). \
	The usual causes are no network, no package index that pip and uv can reach, or a full disk. Fix that, then run the \
	command again. The installer's full output is in build/setup.log" | tr -s ' \t'; exit 1; }
endef

# ── set-up ────────────────────────────────────────────────────────────────────────────────────────────
$(VENV)/bin/uv: requirements/bootstrap.txt
	@echo "Creating the virtual environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(call installed,$(BIN)/python -m pip install --retries 2 --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt)
	@touch $@

MEMBERS := localaws wistia_simulator
$(VENV)/.runtime: $(VENV)/bin/uv requirements/runtime.txt pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	@echo "Installing the pinned Python packages …"
	@$(call installed,$(BIN)/uv pip install $(PINNED) -r requirements/runtime.txt)
	@$(call installed,$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps \
		--editable . $(MEMBERS:%=--editable %))
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements/development.txt
	@echo "Installing the pinned test and lint packages …"
	@$(call installed,$(BIN)/uv pip install $(PINNED) -r requirements/development.txt)
	@touch $@

.PHONY: setup
setup: $(VENV)/.development ## Install everything a developer needs

# This repository's packages are installed from their folders. iso3166-2 declares four packages for searching by a
# misspelled name; here only its data is read.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	$(foreach name,localaws wistia-simulator pycountry thefuzz rapidfuzz natsort,--no-emit-package $(name))
.PHONY: lock
lock: $(VENV)/bin/uv ## Compile requirements/*.txt from the declared dependencies (UPGRADE=1 takes new versions)
	$(LOCK) $${UPGRADE:+--upgrade} --group development --output-file requirements/development.txt
	$(LOCK) --constraints requirements/development.txt --group local pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) --constraints requirements/development.txt --group lambda --output-file requirements/lambda.txt
	$(LOCK) --constraints requirements/development.txt --group dbt-image --output-file requirements/dbt_image.txt

.PHONY: sbom
sbom: setup ## What is shipped: CycloneDX of the Lambda zip, the Glue library and the dbt image, and all licenses (build/sbom)
	@$(BIN)/python requirements/sbom.py build/sbom

# ── test ──────────────────────────────────────────────────────────────────────────────────────────────
PYTEST := $(BIN)/python -m pytest

.PHONY: format
format: setup ## Format Python and SQL, and fix what ruff can fix
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python dbt_project/lint.py fix models tests/dbt dbt_project/analyses

.PHONY: wheels
wheels: $(VENV)/.runtime ## Build the wheels of localaws and the simulator into build/wheels
	@rm -rf build/wheels $(MEMBERS:%=%/build)  # what an earlier build left would be packed again
	@$(foreach member,$(MEMBERS),$(BIN)/uv build --quiet --wheel --no-build-isolation --python $(BIN)/python \
		--out-dir build/wheels $(member) &&) ls build/wheels

.PHONY: lint test test-unit test-integration test-packaging test-e2e test-adapter
lint: setup ## Static checks: ruff, mypy, layers, cfn-lint, sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cfn-lint orchestration/infrastructure/template.yml orchestration/infrastructure/deploy_roles.yml
	$(BIN)/python dbt_project/lint.py

# Each part has its own process and its own local AWS; long parts come first. A comma joins folders into one part.
comma := ,
joined = $(subst $() $(),$(comma),$(strip $(1)))
UNIT := tests/unit localaws/tests/unit wistia_simulator/tests/unit
EXECUTORS := $(filter-out %/athena/,$(wildcard localaws/tests/integration/*/))
INTEGRATION := tests/integration/dbt_project localaws/tests/integration/athena tests/integration/normalize \
	tests/integration/ingestion tests/integration/deployment tests/integration/orchestration \
	$(call joined,$(EXECUTORS)) wistia_simulator/tests/integration
PACKAGING := localaws/tests/packaging wistia_simulator/tests/packaging tests/packaging
PARTS = $(BIN)/python tests/parts.py build/tests

test: setup ## Unit, integration and whole-night tests on real engines; downloads them once
	@$(PARTS) tests/e2e $(INTEGRATION) $(PACKAGING) $(UNIT)

test-unit: setup ## Unit tests; no services
	@$(PARTS) $(UNIT)

test-integration: setup ## Integration tests of one service at a time on localaws
	@$(PARTS) $(INTEGRATION)

test-packaging: setup ## The wheels: their contents, each used alone, every code block of the READMEs
	@$(PARTS) $(PACKAGING)

test-e2e: setup ## Whole nights (SEED=7 repeats a random world)
	$(PYTEST) tests/e2e

.PHONY: test-nights
test-nights: setup ## Random sequence of repeated, skipped and failed nights (NIGHTS_SEED=8 NIGHTS_STEPS=12); long
	$(PYTEST) -m long tests/integration/nights

.PHONY: test-lines
test-lines: setup ## Random lines through both parsers of normalize (NORMALIZE_EXAMPLES=25 NORMALIZE_LINES=400 NORMALIZE_SEED=8); long
	$(PYTEST) -m long tests/integration/normalize

.PHONY: test-deploy
test-deploy: setup ## First deployments that fail at each resource of the template in turn; long
	$(PYTEST) -m long tests/integration/deployment

.PHONY: test-iam
test-iam: setup ## Take each permission out of the template in turn and run a night without it; long
	$(PYTEST) -m "long or not long" tests/e2e/test_what_roles_used.py

.PHONY: test-docs-site
test-docs-site: setup ## In a real browser: a night's docs page, attacks from other sites; needs Chromium (apt-get install chromium)
	$(PYTEST) -m browser tests/e2e localaws/tests/integration/server

test-adapter: setup ## dbt's published adapter suite on localaws; long
	$(PYTEST) localaws/tests/adapter

.PHONY: test-matrix
test-matrix: setup ## localaws on each Python, with each dbt (PYTHONS="/opt/py312/bin/python", SKIP_MISSING=1); long
	$(BIN)/python localaws/tests/matrix/run.py

.PHONY: bench-athena
bench-athena: setup ## Overhead of the Athena layer over Trino; memory for a million rows
	$(BIN)/python localaws/tests/bench/bench_athena.py

.PHONY: bench-normalize
bench-normalize: setup ## A million events, compared with the simplest Spark job; a night after a year of history
	$(BIN)/python -m tests.bench.bench_normalize

.PHONY: bench-ingest
bench-ingest: setup ## Rows per second, compared with a bare loop and dlt; use of the rate limit; memory for 1,000,000 events
	$(BIN)/python -m tests.bench.bench_ingest

.PHONY: bench-dbt
bench-dbt: setup ## Statements, bytes and partitions of a night after 12 months of history, compared with one month
	$(BIN)/python -m tests.bench.bench_dbt

# ── run ──────────────────────────────────────────────────────────────────────────────────────────────
# Variables of these targets: TARGET=aws acts on the account of your AWS credentials instead of the local AWS;
# WISTIA_API_BASE_URL and WISTIA_API_TOKEN point a night at another server; orchestration/settings.py lists the rest.
# Make passes them through the environment, and only those that are set: an empty AWS_REGION breaks every AWS tool.
export SIMULATOR_EVENTS := $(value EVENTS)
export SIMULATOR_SEED := $(value SEED)
# A variable that is not set becomes no option. A blank one is passed on and refused where it could mean something else.
PIPELINE = $(BIN)/wistia-pipeline

profiles.yml: profiles.yml.example
	@cp -n $< $@ && touch $@

.PHONY: nightly
nightly: $(VENV)/.runtime profiles.yml ## One night (AS_OF=2026-03-02T02:00:00Z, FROM=2026-01-01 TO=2026-01-31, MEDIA_IDS=a,b, FULL_REFRESH=1)
	@$(PIPELINE) nightly $${AS_OF+--as-of="$$AS_OF"} $${FROM+--from="$$FROM"} $${TO+--to="$$TO"} \
		$${MEDIA_IDS+--media-ids="$$MEDIA_IDS"} --full-refresh="$$FULL_REFRESH"

.PHONY: up
up: $(VENV)/.runtime profiles.yml ## Start the local AWS and the simulator, deploy, print the exports
	@$(PIPELINE) up

.PHONY: down
down: $(VENV)/.runtime ## Stop the simulator and the local AWS; their state stays
	@$(PIPELINE) down

.PHONY: status
status: $(VENV)/.runtime ## Show what is running, the stack, the last night, the watermarks
	@$(PIPELINE) status

.PHONY: query
query: $(VENV)/.runtime ## Query Athena (SQL="select …", FORMAT=table|csv|json, LIMIT=5000, LIMIT=0 for all rows)
	@$(PIPELINE) query $${FORMAT:+--format="$$FORMAT"} $${LIMIT:+--limit="$$LIMIT"} -- "$$SQL"

.PHONY: docs
docs: $(VENV)/.runtime ## Fetch and open the dbt docs page
	@$(PIPELINE) docs

.PHONY: logs
logs: $(VENV)/.runtime ## Print the newest log lines (STATE=DbtBuild, LINES=40)
	@$(PIPELINE) logs $${STATE:+--state="$$STATE"} $${LINES:+--lines="$$LINES"}

.PHONY: redrive
# A token typed here is for this night; one that the shell exports may be for another account.
redrive: $(VENV)/.runtime ## Resume a failed night where it failed (EXECUTION=arn, WISTIA_API_TOKEN=… replaces the token)
	@$(PIPELINE) redrive $(if $(filter WISTIA_API_TOKEN,$(TYPED)),--put-token) -- $${EXECUTION+"$$EXECUTION"}

.PHONY: watch
watch: $(VENV)/.runtime ## Follow the running night, or show the last one
	@$(PIPELINE) watch

.PHONY: upkeep
upkeep: $(VENV)/.runtime ## Compact the Iceberg tables now, as the weekly schedule does
	@$(PIPELINE) upkeep

.PHONY: deploy
deploy: $(VENV)/.runtime profiles.yml ## Deploy to TARGET (package, image, template, token)
	@$(PIPELINE) deploy

.PHONY: preflight
preflight: $(VENV)/.runtime ## Look at TARGET before a deploy: rights, quotas, names, what is in the way; changes nothing
	@$(PIPELINE) preflight

.PHONY: doctor
doctor: $(VENV)/.runtime ## Look at TARGET after a night: partitions, alarms, logs, schedule, drift; changes nothing
	@$(PIPELINE) doctor

.PHONY: undeploy
undeploy: $(VENV)/.runtime ## Delete the stack; DELETE_DATA=1 also deletes the data (YES=1 skips the question)
	@$(PIPELINE) undeploy --delete-data="$$DELETE_DATA" --yes="$$YES"

.PHONY: erase
erase: $(VENV)/.runtime ## Remove one viewer everywhere and prove it (VISITOR=visitor_key)
	@$(PIPELINE) erase -- "$$VISITOR"

.PHONY: schedule-fire
schedule-fire: $(VENV)/.runtime ## Fire the nightly schedule now (SCHEDULE=wistia-analytics-nightly)
	@$(BIN)/localaws scheduler fire "$${SCHEDULE:-$${STACK_NAME:-wistia-analytics}-nightly}"

.PHONY: slim
slim: $(VENV)/.runtime profiles.yml ## Build only what changed, reading the rest from the last night (DBT_TARGET=dev)
	@$(PIPELINE) slim $${DBT_TARGET:+--dbt-target="$$DBT_TARGET"}

.PHONY: test-chaos
test-chaos: setup ## Fail every state once, kill every engine once; long
	$(PYTEST) tests/chaos

.PHONY: shell
shell: $(VENV)/.runtime profiles.yml ## Open a shell with the virtual environment and the local AWS's variables
	@eval "$$($(BIN)/localaws env)"; PATH="$(CURDIR)/$(BIN):$$PATH" $${SHELL:-bash} -i
