# Two steps for a newcomer: `make demo`, then `make test`. On Windows see README.md.
# Needs Python 3.11 or 3.12 and make; everything else goes into .venv.

FITS = import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PYTHON ?= $(shell for name in python3.12 python3.11 python3 python; do \
	if "$$name" -c '$(FITS)' >/dev/null 2>&1; then command -v "$$name"; break; fi; done)
BIN = .venv/bin

.PHONY: demo test lint types layers unit torture bench pictures snapshots clean

demo: .venv/app
	$(BIN)/signtui demo

test: lint types layers unit

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev
	$(BIN)/mypy

layers: .venv/dev
	$(BIN)/lint-imports

# Screens wait more than they compute: three at once keep two cores at work.
unit: .venv/dev
	$(BIN)/python -m pytest -n 3

# About half an hour: what docs/reliability.md promises, tried far more often than in `make test`.
torture: .venv/dev
	$(BIN)/python -m pytest -n 2 --torture

bench: .venv/dev
	$(BIN)/python -m benchmarks

# The pictures in docs/ and README.md: the demo in a folder of its own, then every screen of the app.
pictures: FOLDER := $(or $(TMPDIR),/tmp)/signs
pictures: .venv/dev
	$(BIN)/signtui demo --no-tui --dir $(FOLDER)/demo
	$(BIN)/python docs/make_pictures.py $(FOLDER)/demo/library
	rm -rf $(FOLDER)

snapshots: .venv/dev
	$(BIN)/python -m pytest tests/tui --snapshot-update

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "signtui needs Python 3.11 or 3.12 with venv, and found none." >&2; \
		echo "Install one (Debian: apt install python3.11-venv; macOS: brew install python@3.12)," >&2; \
		echo "or name it: make PYTHON=/path/to/python3.12 demo" >&2; exit 1; fi
	"$(PYTHON)" -m venv .venv

.venv/app: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv build dist signtui-demo
