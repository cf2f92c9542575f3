# Everything a newcomer or CI runs. `make help` lists it.
SHELL := /bin/bash
# The first of these that is 3.11 to 3.14: for those every dependency comes as a wheel.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := libs/common libs/channel libs/client services/ingest services/orchestrator services/sms-sender \
           services/ivr-gateway services/whatsapp-sender services/analytics services/closed-loop services/console sandbox cli
SOURCES := libs services cli sandbox bench deploy scripts tests conftest.py
ARGS ?=
WORKERS ?= 4# the tests with servers wait more than they compute

# Bytecode is kept, whatever the shell says: tests and drills start services by the hundred.
export PYTHONDONTWRITEBYTECODE :=
# uv trusts what this machine trusts, as pip does: some networks look into TLS.
export UV_SYSTEM_CERTS ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo up test unit e2e kafka drills newcomer docs mutations audit peers bench check format deploy-files contracts lock clean

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.setup ## install what running needs, into .venv

demo: $(VENV)/.setup ## run the whole platform on this machine and watch some hundred calls (ARGS="--exit --json out.json")
	@$(BIN)/aftercall demo $(ARGS)

up: $(VENV)/.setup ## run the platform on this machine, for your own PBX (ARGS="--port 8080 --data DIR", ARGS=--sandbox to try it)
	@$(BIN)/aftercall up $(ARGS)

test: $(VENV)/.dev ## all tests: real Kafka, real PostgreSQL, then whole journeys one by one
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not e2e and not drill" $(ARGS)
	$(BIN)/pytest -m "e2e and not drill" $(ARGS)

unit: $(VENV)/.dev ## the tests that need no broker and no database
	$(BIN)/pytest -n auto -m "not integration and not e2e and not drill" $(ARGS)

e2e: $(VENV)/.dev ## only the whole journeys
	$(BIN)/pytest -m "e2e and not drill" $(ARGS)

kafka: $(VENV)/.dev ## a real Apache Kafka on this machine until Ctrl-C, to try the platform on
	@$(BIN)/python -m scripts.kafka

drills: $(VENV)/.dev ## everything dies under load, and a thousand races, for minutes (AFTERCALL_DRILL_SEED=7 repeats one)
	$(BIN)/pytest tests/drills tests/races -m drill -s $(ARGS)

newcomer: $(VENV)/.dev ## type the README in a bare copy, as another user (ARGS="--python python3.13 --stay")
	$(BIN)/python -m tests.newcomer $(ARGS)

docs: $(VENV)/.docs ## the pages as a site, every link of them checked: dist/site
	@$(BIN)/python -m scripts.site

mutations: $(VENV)/.dev ## would a test notice if a line that a promise hangs on were another? (ARGS="STOP")
	$(BIN)/python -m scripts.mutations $(ARGS)

audit: $(VENV)/.dev ## the bill of materials of what runs, and what osv.dev knows against it: dist/bom.json
	$(BIN)/python -m scripts.audit $(ARGS)

peers: $(VENV)/.peers ## what `bench --peers` compares with, in an environment of its own

bench: $(VENV)/.dev ## speed, as ratios of one run (ARGS="--quick"), or call end to provider (ARGS="--latency")
	$(BIN)/python -m bench $(ARGS)

check: $(VENV)/.dev ## everything a machine can check: format, lint, types, layers
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy libs/common/src libs/channel/src libs/client/src services/ingest/src services/orchestrator/src \
	    services/sms-sender/src services/ivr-gateway/src services/whatsapp-sender/src services/analytics/src services/closed-loop/src services/console/src cli/src sandbox/src deploy bench
	$(BIN)/lint-imports
	$(BIN)/python -m deploy --check
	$(BIN)/python -m scripts.contracts --check
	$(BIN)/hadolint Dockerfile

format: $(VENV)/.dev ## let the machine mend what it can
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

deploy-files: $(VENV)/.dev ## write docker-compose.yml and what else follows from deploy/table.py
	$(BIN)/python -m deploy

contracts: $(VENV)/.dev ## write contracts/ and references in docs/ from the code; record new examples
	$(BIN)/python -m scripts.contracts

lock: $(VENV)/.dev ## resolve again and write requirements/*.txt (hashes, no addresses)
	$(BIN)/uv lock --upgrade
	$(BIN)/python -m scripts.lock

clean: ## forget the environment and what tests left
	rm -rf $(VENV) .cache .aftercall .aftercall-sandbox

# uv comes first, by pip with hashes; it installs the rest in seconds. Members are editable.
$(VENV)/bin/uv: requirements/uv.txt
	@echo "setting up $(VENV) ..."
	@for one in $(PYTHON); do \
	    $$one -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	        && exec $$one -m venv $(VENV); \
	done; echo "Python 3.11, 3.12, 3.13 or 3.14 is needed, which none of these is: $(PYTHON)."; \
	echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.14"; exit 1
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.setup: $(VENV)/bin/uv requirements/run.txt $(addsuffix /pyproject.toml,$(MEMBERS))
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	    $(addprefix -e ./,$(MEMBERS))
	@touch $@

$(VENV)/.dev: $(VENV)/.setup requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

# In an environment of its own: Quix Streams wants older versions than we do.
$(VENV)/.peers: $(VENV)/.dev requirements/bench.txt
	@$(BIN)/python -m venv $(VENV)/peers
	@$(BIN)/uv pip install --quiet --python $(VENV)/peers/bin/python --require-hashes -r requirements/bench.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.dev requirements/docs.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/docs.txt
	@touch $@
