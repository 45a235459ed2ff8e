# What a person does with this checkout. Everything lands in .venv, web/node_modules and .cache.
PYTHON ?= python3
RUN := .venv/bin/python

.PHONY: help setup demo test bench docs lock clean
.DEFAULT_GOAL := help

help:  ## Show this list
	@echo "Streetlamp: what make can do here"
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 14

setup:  ## Build .venv and the desk's page (safe to run again; skips what is up to date)
	@$(PYTHON) tools/setup.py

demo: setup  ## Start Streetlamp on the demo footage and print where the page is (Ctrl-C stops it)
	@exec .venv/bin/streetlamp run demo/site.yaml

test:  ## Set up what the tests need, then run every check and test
	@$(PYTHON) tools/setup.py --dev
	@$(RUN) tools/check.py

bench: setup  ## Measure hiding, cost beside peers, cameras a machine, delay (QUICK=1: ten minutes)
	@$(RUN) bench/all.py $(if $(QUICK),--quick)

docs: setup  ## Write the tables of docs/ again that the code makes
	@$(RUN) tools/doc_tables.py
	@$(RUN) tools/server_words.py

lock:  ## Write the lock files again after a change of pyproject.toml (UPGRADE=1: newer versions)
	@$(PYTHON) tools/setup.py --no-page
	@$(RUN) tools/lock.py $(if $(UPGRADE),--upgrade)

clean:  ## Remove what the targets above made (recordings of the demo, too)
	rm -rf .venv .cache web/node_modules src/streetlamp/desk/page demo/data artefacts
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
