# Two commands set everything up on a machine with Python 3.11 or newer, make and git:
#   make demo    audits the example integration under examples/ and prints the report
#   make test    runs every check
# Both make .venv when it is missing or out of date, and are quick the second time.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin

# The first Python that runs and is new enough. Say `make PYTHON=...` to choose another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
EXAMPLE := examples/token-shop

.PHONY: help
help:
	@echo "make demo    audit the example integration and print the report"
	@echo "make test    run every check: ruff, mypy, pytest with coverage, generated docs"
	@echo "make fix     format, and fix what ruff can fix"
	@echo "make docs    write the generated parts of the documentation anew"
	@echo "make clean   remove everything that make made"

# ---------------------------------------------------------------- environments

# The build requirements come first and pinned, so that the editable build needs no second, unpinned environment.
$(VENV)/.installed: pyproject.toml constraints.txt hatch_build.py
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt hatchling PyYAML
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "adding the tools that the checks need"
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable ".[dev]"
	@touch $@

# In an environment of its own: semgrep's pins and ours clash. Its tests run it, as the command of a user.
SEMGREP := $(VENV)/semgrep/bin/semgrep
$(VENV)/.installed-semgrep: $(VENV)/.installed-dev
	@echo "adding semgrep, which some tests run"
	@$(PYTHON) -m venv $(VENV)/semgrep
	@$(VENV)/semgrep/bin/python -m pip --disable-pip-version-check --quiet install semgrep==1.185.0
	@touch $@

# ---------------------------------------------------------------- for everybody

.PHONY: demo
demo: $(VENV)/.installed
	@$(BIN)/cybrid-audit scan $(EXAMPLE); status=$$?; \
	if [ $$status -gt 1 ]; then exit $$status; fi

.PHONY: test
test: $(VENV)/.installed-semgrep
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	SEMGREP=$(abspath $(SEMGREP)) $(BIN)/pytest --numprocesses auto --dist loadgroup --cov --cov-report=term

.PHONY: docs
docs: $(VENV)/.installed-dev
	$(BIN)/python docs/generate.py --write

.PHONY: fix
fix: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: clean
clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov
