# `make` alone lists what there is. It needs Python 3.11 or newer with venv, and make; nothing else has to be set.

PORT ?= 8000
DATA ?= var
TICKETS ?= 100000
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
SOCKET = $(wildcard /var/run/postgresql)
ifeq ($(DB),postgres)
DATABASE_URL ?= postgres://$(if $(SOCKET),/deskhand?host=$(SOCKET),127.0.0.1/deskhand)
export DATABASE_URL
endif
export DATA PORT
# Where it is set, each test process compiles the tests and all that they import anew: ten seconds of each run.
unexport PYTHONDONTWRITEBYTECODE
BIN = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: .venv/run  ## install what is needed and serve at http://localhost:8000 (PORT=8000 DATA=var)
	@$(BIN)/deskhand serve

demo: .venv/run  ## the same with a desk full of tickets, in a data folder of its own (DATA=var/demo)
	@DATA=$(if $(filter var,$(DATA)),var/demo,$(DATA)); export DATA; $(BIN)/deskhand demo && exec $(BIN)/deskhand serve

test: .venv/dev  ## all tests that need no browser (DB=postgres: on PostgreSQL)
	$(BIN)/python -m pytest -n 2

simulate: .venv/dev  ## try everything at random, long (STEPS=20000 SEED=…, DB=postgres: on PostgreSQL)
	STEPS=$(or $(STEPS),20000) SEED=$(SEED) $(BIN)/python -m pytest -n 2 tests/simulation/test_simulation.py

test-faults: .venv/dev  ## kills, full disks, cut lines, backups: whole installations (DB=postgres: on PostgreSQL)
	$(BIN)/python -m pytest -n 2 -m faults

sabotage: .venv/dev  ## break one line for each row of the manuals; the row's test must turn red (DB=postgres: on PostgreSQL)
	SABOTAGE=1 $(BIN)/python -m pytest -n 2 tests/manuals

mutants: .venv/dev  ## break changes and policy in 400 small ways; the tests must notice 85 % (WORD=… for some)
	$(BIN)/python -m tests.mutants $(WORD)

test-browser: .venv/dev  ## the tests in Chromium (DB=postgres: on PostgreSQL)
	$(BIN)/python -m pytest -n 2 -m browser

test-wheel: .venv/dev  ## build the package without a network, install it elsewhere, serve from there
	$(BIN)/python -m pytest -m wheel

check: .venv/dev  ## style, types, floors, architecture, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -p no:randomly tests/test_architecture.py
	SECRET_KEY=check $(BIN)/python manage.py makemigrations --check --dry-run

bench: .venv/dev  ## what a request costs (TICKETS=100000 DB=sqlite|postgres); see bench/README.md
	env -u DATABASE_URL -u DATA -u PORT $(BIN)/python -m bench --tickets $(TICKETS) --db $(or $(DB),sqlite)

felt: .venv/dev  ## how fast the desk feels in Chromium on a slow machine (TICKETS=100000 DB=sqlite|postgres)
	env -u DATABASE_URL -u DATA -u PORT $(BIN)/python -m bench.felt --tickets $(TICKETS) --db $(or $(DB),sqlite)

shots: .venv/dev  ## pictures of the pages for docs/manual
	$(BIN)/python -m tests.shots

COMPILE = uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header
lock:  ## write requirements.txt and requirements-dev.txt anew from pyproject.toml (needs uv)
	echo setuptools | $(COMPILE) --extra postgres --extra s3 --output-file requirements.txt
	echo setuptools | $(COMPILE) --all-extras --constraint requirements.txt --output-file requirements-dev.txt

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Deskhand needs Python 3.11 or newer with venv (Debian: apt install python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

# An editable install has no hash, and build isolation would fetch an unlocked setuptools: hence the two steps.
.venv/run: requirements.txt pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

.PHONY: help run demo test test-faults simulate sabotage mutants test-browser test-wheel check bench felt shots lock
