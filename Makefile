# `make` alone lists what there is. It needs Python 3.11 or newer with venv, and make; nothing else has to be set.

PORT ?= 8000
DATA ?= var
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
SOCKET = $(wildcard /var/run/postgresql)
ifeq ($(DB),postgres)
DATABASE_URL ?= postgres://$(if $(SOCKET),/deskhand?host=$(SOCKET),127.0.0.1/deskhand)
export DATABASE_URL
endif
export DATA PORT
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

test-browser: .venv/dev  ## the tests in Chromium (DB=postgres: on PostgreSQL)
	$(BIN)/python -m pytest -m browser

test-wheel: .venv/dev  ## build the package without a network, install it elsewhere, serve from there
	$(BIN)/python -m pytest -m wheel

check: .venv/dev  ## style, types, floors, architecture, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -p no:randomly tests/test_architecture.py
	SECRET_KEY=check $(BIN)/python manage.py makemigrations --check --dry-run

shots: .venv/dev  ## pictures of the pages for docs/manual
	$(BIN)/python -m tests.shots

COMPILE = uv pip compile pyproject.toml - --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header
lock:  ## write requirements.txt and requirements-dev.txt anew from pyproject.toml (needs uv)
	echo setuptools | $(COMPILE) --extra postgres --output-file requirements.txt
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

.PHONY: help run demo test test-browser test-wheel check shots lock
