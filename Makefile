# The only entrance: `make` lists what there is. Everything needed is put into .venv, once.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# The first Python that is new enough; PYTHON=… on the command line names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	{ echo $$p; break; }; done)
# What only Linux imports is not checked for other systems.
LINUX_ONLY := --exclude '/(sources/(events/|netlink_source)|processes/programs)'
UNIX_ONLY := --exclude '/connmon_display/(refresh/|launcher/|handover)'
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help run view collect enrich test check lint types imports fmt bench \
	bench-capture bench-wire bench-hostile bench-kills bench-soak bench-curve bench-codec \
	bench-history bench-enrich bench-view golden manual \
	session pictures lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/run ## start all stages here; ARGS="--scroll --lookup-country" passes options
	@$(BIN)/connmon $(ARGS)

view: $(VENV)/run ## attach one more viewer to a running connmon
	@$(BIN)/connmon-display $(ARGS) || { code=$$?; [ $$code -ne 137 ] || sleep 0.3; exit $$code; }

collect: $(VENV)/run ## run only the collector (needs an enricher beside it)
	@$(BIN)/python -I -m connmon_collector $(ARGS)

enrich: $(VENV)/run ## run only the enricher
	@$(BIN)/connmon-enricher $(ARGS)

# The collector gives root up, and then writes what was measured as nobody: into a folder of its own.
test: export COVERAGE_FILE := $(CURDIR)/.coverage.d/data
test: $(VENV)/dev ## run the tests, and show what they did not reach; what needs root is skipped
	@rm -rf .coverage.d && mkdir .coverage.d
	@chmod 1777 .coverage.d # a collector that gave root up writes there as another user
	@$(BIN)/coverage run -m pytest -n 3 --dist loadgroup -q $(ARGS)
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

check: lint types imports test ## do everything that CI does

lint: $(VENV)/dev ## look for mistakes and bad style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/dev ## check the types, also for macOS and Windows
	@$(BIN)/mypy
	@$(BIN)/mypy --platform darwin $(LINUX_ONLY) collector enricher display shared
	@$(BIN)/mypy --platform win32 $(LINUX_ONLY) $(UNIX_ONLY) collector display shared

imports: $(VENV)/dev ## check who may import whom
	@$(BIN)/lint-imports

fmt: $(VENV)/dev ## format the code
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: $(VENV)/dev ## measure one sample beside psutil and ss
	@$(BIN)/python benchmarks/sample.py $(ARGS)

bench-capture: $(VENV)/dev ## measure what is seen of short connections, and all costs (7 minutes)
	@$(BIN)/python -m benchmarks.capture $(ARGS)

bench-wire: $(VENV)/dev ## measure the way to the viewers, late, many and stopped ones (4 minutes)
	@$(BIN)/python -m benchmarks.wire $(ARGS)

bench-hostile: $(VENV)/dev ## attack the enricher, and see what that costs it and its viewers
	@$(BIN)/python -m benchmarks.hostile $(ARGS)

bench-kills: $(VENV)/dev ## kill stages a hundred times: when is all whole again? (5 minutes)
	@$(BIN)/python -m benchmarks.kills $(ARGS)

bench-soak: $(VENV)/dev ## a day's traffic at full speed: is the memory flat? (4 minutes)
	@$(BIN)/python -m benchmarks.soak $(ARGS)

bench-curve: $(VENV)/dev ## measure and draw docs/cpu-curve.svg (12 minutes)
	@$(BIN)/python -m benchmarks.curve $(ARGS)

bench-codec: $(VENV)/dev ## measure turning messages into bytes and back
	@$(BIN)/python -m benchmarks.codec $(ARGS)

bench-history: $(VENV)/dev ## measure what a day of 10,000 addresses takes in memory and time (25 minutes)
	@$(BIN)/python -m benchmarks.history $(ARGS)

bench-enrich: $(VENV)/dev ## measure places, names and lists; ARGS="geo --data DIR" measures one
	@$(BIN)/python -m benchmarks.enrich $(ARGS)

bench-view: $(VENV)/dev ## measure the viewer on its terminal; ARGS="frame crowd" measures these (6 minutes)
	@$(BIN)/python -m benchmarks.view $(ARGS)

golden: $(VENV)/dev ## record anew what the tests of replays show, when the protocol has changed
	@PYTHONPATH=tests $(BIN)/python tests/golden/record.py
	@CONNMON_WRITE_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/terminal/test_golden.py

manual: $(VENV)/dev ## write anew what is made of the parsers: sample of the config file, man pages, completions
	@PYTHONPATH=docs $(BIN)/python -m manual

session: $(VENV)/dev ## record anew what the pictures show, with real programs (root, 10 minutes)
	@PYTHONPATH=docs $(BIN)/python -m pictures.session docs/pictures/session.cmr

pictures: $(VENV)/dev ## make the pictures in the documents anew, of that recording: each time the same
	@PYTHONPATH=docs $(BIN)/python -m pictures

lock: ## renew the pinned dependencies (needs uv)
	@uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --upgrade \
		--no-header --no-annotate --quiet --group build -o requirements.txt
	@uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --upgrade \
		--no-header --no-annotate --quiet --group build --group dev -o requirements-dev.txt

clean: ## remove what the targets made
	@rm -rf $(VENV) .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: made again only when the pinned dependencies or the distribution's description change.

$(VENV)/run: requirements.txt pyproject.toml | $(VENV)/python
	@echo "connmon: installing into $(VENV) (once) ..." >&2
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	@echo "connmon: installing the tools for tests and checks into $(VENV) (once) ..." >&2
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/python:
	@[ -n "$(PYTHON)" ] || { echo "connmon: no Python >= 3.11 found; install it:" \
		"apt install python3 python3-venv (Debian, Ubuntu), dnf install python3 (Fedora)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "connmon: $(PYTHON) lacks its venv" \
		"module; install it: apt install python3-venv (Debian, Ubuntu)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@
