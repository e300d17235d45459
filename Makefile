# `make setup run test test-long check fix bench docs web`. A second call of anything that is ready costs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python here that is new enough and works.
PYTHON ?= $(shell for one in python3.11 python3.12 python3.13 python3; do \
	$$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && command -v $$one && break; done)
JOBS ?= 2
BIN := .venv/bin

.PHONY: help setup web browser run test test-long check fix bench docs

help:
	@echo "make setup      what is needed, in .venv and web/node_modules"
	@echo "make run        the server with a database of its own, an API key and two links to a call"
	@echo "make test       all tests; test-long: the slow sweeps"
	@echo "make check      format, lint, types, floors; fix: what of it can be put right by itself"
	@echo "make bench      the figures we promise"
	@echo "make docs       the reference, made from the code"

# ── What is needed ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

setup: .venv/.ready web

.venv/.ready: pyproject.toml
	test -x $(BIN)/python || { [ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed."; exit 1; }; $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

# Pages and SDK: built from web/, served by us. Node is needed here and nowhere else.
WEB_SOURCES := $(shell find web -name node_modules -prune -o -name dist -prune -o -type f -print)

web: src/callwell/pages/.built

web/node_modules/.ready: web/package-lock.json
	cd web && npm ci
	touch $@

src/callwell/pages/.built: web/node_modules/.ready $(WEB_SOURCES)
	cd web && npm run build
	touch $@

# Tests in browsers and `callwell demo call` use Debian's Chromium.
browser:
	@command -v chromium chromium-browser google-chrome > /dev/null || { \
		as_root=""; [ "$$(id -u)" = 0 ] || as_root="sudo"; \
		$$as_root apt-get update -q && $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends chromium; }

# ── What is done with it ───────────────────────────────────────────────────────────────────────────────────────────────────────────

run: setup
	@exec $(BIN)/callwell run

test: setup browser
	failed=0; $(BIN)/pytest -n $(JOBS) --dist worksteal || failed=1; (cd web && npm test) || failed=1; exit $$failed

test-long: setup browser
	$(BIN)/pytest -m long
	$(BIN)/pytest -n $(JOBS) --hypothesis-profile=long tests/properties

# All of them, so that one complaint does not hide another.
check: setup
	failed=0; \
	$(BIN)/ruff format --check || failed=1; \
	$(BIN)/ruff check || failed=1; \
	$(BIN)/basedpyright || failed=1; \
	$(BIN)/lint-imports || failed=1; \
	(cd web && npm run check) || failed=1; \
	exit $$failed

fix: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: setup
	$(BIN)/python -m bench

docs: setup
	$(BIN)/python -m docs
