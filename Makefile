# Every target sets up what it needs; where everything is in place that costs nothing.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RIVALS := .venv-rivals
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help load test test-slow lint format dev ask docs bench lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment is whole or not there: it is marked ready last, and built anew when a lock changed.
$(READY): requirements.lock bootstrap.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "hasila needs Python 3.11 or newer (make PYTHON=/path/to/python3)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "hasila needs Python 3.11 or newer; $$($(PYTHON) --version) was found (make PYTHON=/path/to/python3)"; exit 1; }
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock bootstrap.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The engine of the portal's page of SQL lies below the data, under the digest of what it is made from, as
# orchestration/portal/engine.py has it. A look there costs less than starting Python does with every load.
ENGINE_FROM := $(sort $(wildcard orchestration/portal/ask/*)) orchestration/portal/engine.py
SCRIPTS := $${HASILA_PORTAL_SCRIPTS:-$${HASILA_WORK:-$${HASILA_DATA:-data}}/work/portal}

load: $(READY) ## load what is new in raw/inbox and publish a release
	@digest=$$(cat $(ENGINE_FROM) | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c -16); \
		if test -d "$(SCRIPTS)/ask-$$digest"; then :; \
		elif command -v npm >/dev/null; then $(BIN)/python -m orchestration.portal.engine || true; \
		else echo "The page of SQL is left out of the portal: there is no npm on this machine." >&2; fi
	@$(BIN)/hasila load

test: $(READY) ## run the tests (those marked slow run in .ci/run as well)
	@$(BIN)/pytest

test-slow: $(READY) ## run the tests marked slow
	@$(BIN)/pytest -m slow || [ $$? -eq 5 ]

lint: $(READY) ## check style, types and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

format: $(READY) ## put the code into its form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

dev: $(READY) ## start Dagster's web UI on http://127.0.0.1:3000
	@mkdir -p data/dagster && cp -n dagster.yaml data/dagster/
	@DAGSTER_HOME="$(CURDIR)/data/dagster" $(BIN)/dagster dev --host 127.0.0.1 --port 3000 -m orchestration.definitions

ask: $(READY) ## fetch DuckDB for the portal's page of SQL, through npm (once)
	@$(BIN)/python -m orchestration.portal.engine

docs: $(READY) ## write the data dictionary, and the pages of dbt with the lineage
	@$(BIN)/python -m orchestration.dictionary

# What the benchmarks are compared with has its own environment: nobody else needs it.
$(RIVALS)/.ready: $(READY) benchmarks/rivals/requirements.lock
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(RIVALS)
	@$(BIN)/uv pip sync --quiet --python $(RIVALS)/bin/python --compile-bytecode --require-hashes \
		benchmarks/rivals/requirements.lock
	@touch $@

bench: $(RIVALS)/.ready ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m benchmarks --rivals $(RIVALS)/bin/python

lock: $(READY) ## resolve the dependencies anew
	@$(BIN)/uv pip compile pyproject.toml --group pyproject.toml:dev --python-version 3.11 --universal \
		--generate-hashes --no-header --quiet --upgrade --output-file requirements.lock
	@$(BIN)/uv pip compile benchmarks/rivals/requirements.in --constraint requirements.lock --python-version 3.11 \
		--universal --generate-hashes --no-header --no-annotate --quiet --upgrade \
		--output-file benchmarks/rivals/requirements.lock
	@echo uv | $(BIN)/uv pip compile - --universal --generate-hashes --no-header --no-annotate --quiet --upgrade \
		--output-file bootstrap.lock

clean: ## remove the environment and everything that was built (not data/)
	@rm -rf $(VENV) $(RIVALS) dbt_project/target .pytest_cache .mypy_cache .ruff_cache .hypothesis
