# NEXUS needs Python 3.11 to 3.13 and make; everything else is installed into .venv by the targets themselves.
# Paths here are relative on purpose: the checkout may lie under a path with spaces.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# NEXUS_EXTRA=gpu takes onnxruntime-gpu with its CUDA libraries instead. PYTHON names an interpreter to prefer; without
# it an environment that is there keeps its own.
NEXUS_EXTRA ?= cpu
PYTHON ?=

define find_python
	python=; \
	for candidate in "$(PYTHON)" .venv/bin/python python3.13 python3.12 python3.11 python3; do \
		[ -n "$$candidate" ] || continue; \
		if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
		then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "NEXUS needs Python 3.11, 3.12 or 3.13 with venv, and found none." >&2; \
		echo "On Debian and Ubuntu: sudo apt-get install python3 python3-venv" >&2; \
		echo "Or name one: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi
endef

.PHONY: help setup run test check bench gpu fuzz test-all lock clean dev

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

run: setup ## set everything up and start NEXUS on http://127.0.0.1:8080
	@exec .venv/bin/nexus up

test: dev ## set everything up and run every test that fits five minutes
	@infra/deploy/test.sh "not slow" -n 3

check: dev ## format, lint, layers and types
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m ruff check .
	@.venv/bin/lint-imports
	@.venv/bin/python -m mypy
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 .venv/bin/python -m pyright --pythonpath .venv/bin/python

setup: ## the virtual environment in .venv, and the models
	@$(find_python); "$$python" infra/deploy/environment.py --extra "$(NEXUS_EXTRA)"
	@.venv/bin/python -m infra.models

dev: setup
	@$(find_python); "$$python" infra/deploy/environment.py --extra "$(NEXUS_EXTRA)" --dev

bench: dev ## what a turn costs on this machine
	@.venv/bin/python -m bench

gpu: ## on a machine with an NVIDIA GPU: tests on it, what it computes against float32 on the CPU, how fast
	@ls /dev/nvidia[0-9]* >/dev/null 2>&1 || [ -e /dev/dxg ] || \
		{ echo "There is no NVIDIA GPU on this machine: nothing was checked or measured." >&2; exit 1; }
	@$(MAKE) dev NEXUS_EXTRA=gpu
	@.venv/bin/python -m bench.gpu
	@.venv/bin/python -m pytest -n 0 tests/core/models tests/core/generation

fuzz: dev ## every property of a door with 100,000 examples
	@.venv/bin/python -m pytest -m fuzz --fuzz-examples 100000 -n 2 --dist worksteal

test-all: dev ## every test, the slow ones too, with Ray (the extra of that name) beside the rest
	@.venv/bin/python -m pip --disable-pip-version-check --no-input --quiet install --require-hashes --no-deps -r locks/ray.txt
	@infra/deploy/test.sh "slow or not slow" -n 3

# For maintainers, after a change of the dependencies in pyproject.toml; uv must be on PATH. UPGRADE=1 takes newer
# versions inside the ranges. One version of a package serves every Python, so that all run and type-check alike; the
# tools and the extras gpu, train and ray are held to the versions of the cpu lock where they meet.
compile := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--fork-strategy fewest --no-emit-index-url --no-header --no-config $(if $(UPGRADE),--upgrade)

lock: ## compile the lock files again (needs uv)
	@$(compile) pyproject.toml --extra cpu --group install --output-file locks/cpu.txt
	@$(compile) pyproject.toml --extra gpu --group install --constraint locks/cpu.txt --output-file locks/gpu.txt
	@$(compile) pyproject.toml --extra train --constraint locks/cpu.txt --output-file locks/train.txt
	@$(compile) pyproject.toml --extra ray --group install --constraint locks/cpu.txt --output-file locks/ray.txt
	@$(compile) --group dev --constraint locks/cpu.txt --output-file locks/dev.txt

clean: ## remove what set-up and tests made; .nexus, your data, stays
	@rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis
	@find . -name __pycache__ -type d -not -path './.nexus/*' -prune -exec rm -rf {} +
