# Easel in commands; `make help` lists them. Variables go behind: make run PORT=8080
.DEFAULT_GOAL := help
.PHONY: help run install test test-thorough check format lock clean
SHELL := /bin/sh

API := .venv/.installed-api
DEV := .venv/.installed-dev
ML := .venv/.installed-ml
SET := requirements/install
# Every command below takes further words: make test ARGS='-x tests/domain'
ARGS ?=
export PYTHON
unexport PYTHONDONTWRITEBYTECODE # else every process that tests start may compile the house anew

help: ## List these commands
	@echo "Easel: describe a picture, watch it being painted, keep it, share it."
	@awk -F ':.*## ' '/^[a-z][a-z-]*[^:]*:.*## / { sub("%", "NAME", $$1); printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo "Variables: PORT=8000  EASEL_HOME=.easel  ENGINES=<keys of docs/engines.md>  MODEL=<folder or hub id>  PYTHON=<CPython 3.11 or later>"

comma := ,
run: $(API) $(if $(filter-out sandbox gpt-image,$(or $(strip $(subst $(comma), ,$(ENGINES) $(ENGINE))),small)),$(ML)) ## Start everything on this machine; Ctrl-C ends it
	@exec ./easel run $(ARGS)

install: $(API) ## Install what `make run` needs into .venv

test: check $(ML) ## Run every check and every test
	.venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

test-thorough: ## Run them with ten times as many random queries, kills and minutes of chaos
	@EASEL_THOROUGH=1 $(MAKE) test

check: $(API) $(DEV) ## Lint, types, layers, committed schema, migrations
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy .
	.venv/bin/lint-imports
	./easel schema --check
	./easel migrate --check

bench-%: $(API) $(DEV) ## Run benchmarks/NAME and write its table and benchmarks/results/NAME.json
	.venv/bin/python -m benchmarks.$(subst -,_,$*) $(ARGS)

bench-engines bench-tuning: $(ML)

format: $(API) $(DEV) ## Mend and lay out the code
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

lock: ## Compile requirements.lock from requirements/*.in; ARGS=--upgrade for newer versions
	$(SET) lock $(ARGS)

clean: ## Remove .venv and caches; the data in .easel stays
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +

$(API): requirements.lock requirements/api.in requirements/embedded.in
	@$(SET) embedded api

$(DEV): requirements.lock requirements/dev.in $(API)
	@$(SET) dev

$(ML): requirements.lock requirements/ml.in $(API)
	@$(SET) ml
