# One verb for each thing to do here; `make` alone prints them.
# Every verb first installs what it needs into .venv, from requirements.lock, once.

PYTHONS := python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
SECONDS := 600

.DEFAULT_GOAL := verbs
.PHONY: verbs demo test soak check bench bench-full schemas docs lock clean

verbs:
	@awk -F ': .*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## play a season of orders on embedded servers and show what came of it
	@$(BIN)/carnet demo

test: $(INSTALLED) ## run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

soak: $(INSTALLED) ## use and disturb an order book for SECONDS (600), then look for anything that is wrong
	@$(BIN)/python -m tests.acceptance.soak --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

check: $(INSTALLED) ## format, lint, types, import borders, schema drift: all must be clean
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/carnet schemas check
	$(BIN)/carnet docs check

bench: $(INSTALLED) ## measure what we claim, in short, and write benchmarks/results.json and its plots
	@$(BIN)/python -m benchmarks

bench-full: $(INSTALLED) ## the same in long runs, with a log of 10 million events: half an hour
	@$(BIN)/python -m benchmarks --full

schemas: $(INSTALLED) ## generate schemas/out from the event classes
	@$(BIN)/carnet schemas write

docs: $(INSTALLED) ## generate the pages that are drawn from the code
	@$(BIN)/carnet docs write

lock: $(INSTALLED) ## resolve pyproject.toml again into requirements.lock
	@CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --upgrade --generate-hashes --extra dev \
		--all-build-deps --allow-unsafe --strip-extras --no-emit-options --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

clean: ## remove .venv and what the tools left behind; the data in .carnet stays
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(INSTALLED): requirements.lock pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
		for name in $(PYTHONS); do \
			"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$name && break; \
		done; \
		if [ -z "$${python:-}" ]; then \
			echo "Carnet needs Python 3.11 or newer, and found none as: $(PYTHONS)." >&2; \
			echo "Install it (Debian 12: apt-get install python3-venv), or name it: make PYTHONS=/path/to/python" >&2; \
			exit 1; \
		fi; \
		if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
			echo "$$python has no venv module. Install it (Debian 12: apt-get install python3-venv)." >&2; \
			exit 1; \
		fi; \
		"$$python" -m venv $(VENV); \
	fi
	@echo 'Installing what Carnet needs into $(VENV) (once; it takes 450 MB of disk)' >&2
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@touch $@
