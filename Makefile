# make run     the study of config.yaml and its report (CONFIG=presets/full.yaml: another study)
# make report  the report of what is finished
# make test    everything that must hold: format, lint, floors, types, tests, the smoke study and its report
# make lint    the quick part of it
# make torture 20 kills at random moments of the smoke study, and whether the results are the same bytes (KILLS=5: fewer)
# make cluster the smoke study and faults on a SLURM of its own (root, Debian's slurmctld, slurmd, slurm-client, munge)
# make bench   speed, printed
# make docs    the pages generated from the code
# make clean   results away (make clean-all: the environment too)

PYTHON ?= python3
CONFIG ?= config.yaml
CORES ?= all
WORKERS ?= 2
KILLS ?= 20
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SLURM_PLUGIN := $(VENV)/slurm-plugin
CODE := stylealign workflow_scripts tests benchmarks
export PATH := $(CURDIR)/$(BIN):$(PATH)
SHELL := /bin/bash

.PHONY: run report test lint unit cluster torture bench docs docs-check clean clean-all
.DEFAULT_GOAL := run

# The environment, made once and again only when what it holds has changed.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "stylealign needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo absent)."; \
	  echo "Name one that is: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "The environment could not be made, and what there was of it is gone. On Debian and Ubuntu it needs the"; \
	  echo "package python3-venv (apt install python3-venv); then give the same command again."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

run: $(READY)
	snakemake --cores $(CORES) --configfile $(CONFIG)
	@$(MAKE) --no-print-directory report

report: $(READY)
	snakemake --cores 1 --configfile $(CONFIG) --report results/report.html
	@echo "Open results/report.html"

lint: $(READY)
	ruff format --check $(CODE)
	ruff check $(CODE)
	snakefmt --check -l 120 Snakefile rules
	snakemake --lint
	lint-imports
	mypy

# Two processes with one thread each, which beat one with two.
unit: $(READY)
	OMP_NUM_THREADS=1 python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder

# The plugin lies beside the environment: inside, it would slow every start of Snakemake.
$(SLURM_PLUGIN): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $@ \
	  snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1
	@touch $@

cluster: $(SLURM_PLUGIN)
	STYLEALIGN_WHOLE_STUDY=1 OMP_NUM_THREADS=1 python -m pytest -q tests/cluster

torture: $(READY)
	OMP_NUM_THREADS=1 python tests/faults/torture.py --kills $(KILLS)

# The smoke study's shape is the default study's; the tests run it whole in a folder of their own, report included.
test: lint unit

bench: $(READY)
	@for script in benchmarks/*.py; do echo "== $$script"; python $$script || exit 1; done

docs: $(READY)
	stylealign config-docs docs

docs-check: $(READY)
	python -m pytest -q tests/unit/config/test_reference_pages.py tests/unit/figures/test_table_page.py

clean:
	rm -rf .snakemake .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find results -mindepth 1 -not -name .gitkeep -delete

clean-all: clean
	rm -rf $(VENV) stylealign.egg-info
