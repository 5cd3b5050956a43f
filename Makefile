# The two commands: `make demo` and `make test`. Both make the environment first, if it is not there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: demo test lint faults bench install docs clean

demo: $(INSTALLED)          ## the sample district goes live on this machine
	@$(BIN)/golive demo $(DEMO)

test: $(INSTALLED_DEV) lint  ## everything that CI runs
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(TESTS)

lint: $(INSTALLED_DEV)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: $(INSTALLED_DEV)     ## the longer load and fault runs
	$(BIN)/python -m pytest -m slow tests/faults

bench: $(INSTALLED_DEV)      ## golive against the floor and a peer; see bench/README.md
	$(BIN)/python -m bench.run $(BENCH)

docs: $(INSTALLED_DEV)       ## docs/dags.md, from the DAGs themselves
	$(BIN)/python -m tests.docs > docs/dags.md

install: $(INSTALLED_DEV)

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	  || { echo "golive needs Python 3.11 to 3.14; $$($(PYTHON) --version) is too old or too new. Right: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "golive needs Python's venv module. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

UV_VERSION := 0.13.9

$(INSTALLED): requirements.txt pyproject.toml | $(VENV)/bin/uv
	@echo "Installing (once)"
	@$(UV) -r requirements.txt
	@$(UV) --no-deps -e .
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	@$(UV) -r requirements-dev.txt
	@touch $@

clean:
	rm -rf $(VENV) .demo
