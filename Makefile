# Everything that a person or a server does with a checkout. `make` alone lists it.

VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
TOOLS  := .venv-lock
# --no-compile: Python compiles what it imports, half of the rest is never imported.
PIP    := -m pip --disable-pip-version-check --no-input install -qq --no-compile
# The first interpreter that is new enough and can make an environment; `make run PYTHON=…` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys, ensurepip, venv; assert sys.version_info >= (3, 11)' 2>/dev/null && echo $$p && break; done)
# Line style of a lock without the addresses of an index or folders of one machine.
LOCK   := --quiet --strip-extras --no-header --annotation-style=line --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host --no-emit-options

# How an image and a unit run a desk: memory that one thread gives back is another's.
SERVED := MALLOC_ARENA_MAX=1 ARROW_DEFAULT_MEMORY_POOL=system

.DEFAULT_GOAL := help
.PHONY: help run test lint bench sim null maker mutants chaos chaos-owner chaos-disk soak real-day fuzz-config fuzz-mqtt lock secrets image-test clean

help:  ## this list
	@echo "paperpit: a paper-trading daemon for people who read order flow"
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)$$/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.runtime  ## set up, then replay the shipped ES opening through the shipped strategy
	@$(BIN)/paperpit run

# A file's tests stay together: they share what is costly to make.
test: $(VENV)/.dev  ## set up, then run every test; JOBS=2 processes
	@$(BIN)/python -m pytest -n $(or $(JOBS),2) --dist loadfile

lint: $(VENV)/.dev  ## style, types (strict) and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## measure beside the limits and the peers; writes bench.json
	@$(MAKE) --no-print-directory $(PEERS)/.peers || echo "peers are not to be had here: their rows will say so"
	@$(BIN)/python -P -m tests.bench

sim: $(VENV)/.dev  ## play simulated trading days under faults: DAYS=1000 SEED=1 JOBS=2; SEED=7 [SHRINK=1] one day
	@$(BIN)/python -m tests.sim $(foreach name,DAYS SEED JOBS SHRINK PLAN,$(if $($(name)),$(name)=$($(name))))

chaos: $(VENV)/.dev  ## kill -9 the daemon; KILLS=500 DB=sqlite|postgres SEED=1 JOBS=2 START=exec|fork
	@$(BIN)/python -P -m tests.chaos $(if $(KILLS),--kills $(KILLS)) $(if $(DB),--db $(DB)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(JOBS),--jobs $(JOBS)) $(if $(START),--start $(START))

chaos-disk: $(VENV)/.dev  ## fill the journal's disk up in three ways under a desk that trades; POINTS=20 SEED=1
	@$(BIN)/python -P -m tests.chaos.disk $(or $(POINTS),20) $(or $(SEED),1)

soak: $(VENV)/.dev  ## let one process trade DAYS=30 days, each at a gateway of its own, and see that nothing grows; HOURS=0.5 SEED=1
	@$(SERVED) $(BIN)/python -P -m tests.soak $(foreach name,DAYS HOURS SEED,$(if $($(name)),$(name)=$($(name))))
	@$(SERVED) $(BIN)/python -P -m tests.soak.day

real-day: $(VENV)/.dev  ## one real day at the simulated gateway by the wall's clock, shortened to HOURS=0.1; LATE=1
	@$(BIN)/python -P -m tests.realday $(foreach name,HOURS LATE,$(if $($(name)),$(name)=$($(name))))

fuzz-config: $(VENV)/.dev  ## judge N=10000 mutated settings files; SEED=1
	@$(BIN)/python -m tests.fuzz.config $(or $(N),10000) $(or $(SEED),1)

fuzz-mqtt: $(VENV)/.dev  ## say N=10000 mutated commands to a desk, as if they came through the broker; SEED=1
	@$(BIN)/python -m tests.fuzz.mqtt $(or $(N),10000) $(or $(SEED),1)

null: $(VENV)/.dev  ## evaluate SEEDS=200 strict-null markets, and say how often something was found; JOBS=2
	@$(BIN)/python -P -m tests.evidence null $(foreach name,SEEDS JOBS,$(if $($(name)),$(name)=$($(name))))

maker: $(VENV)/.dev  ## what the shipped market maker lives on in SEEDS=20 markets, with guards and without; JOBS=2 ONLY=ES
	@$(BIN)/python -P -m tests.evidence maker $(foreach name,SEEDS JOBS FIRST ONLY,$(if $($(name)),$(name)=$($(name))))

mutants: $(VENV)/.dev  ## kill every deliberately broken daemon by the invariant that it names: SEEDS=1000 ONLY=M07
	@$(BIN)/python -m tests.sim.mutants $(foreach name,SEEDS ONLY,$(if $($(name)),$(name)=$($(name))))

chaos-owner: $(VENV)/.dev  ## two daemons race for one journal, and for one account; N=200 DB=sqlite|postgres
	@$(BIN)/python -P -m tests.chaos.owner $(if $(N),--races $(N)) $(if $(DB),--db $(DB))

lock: $(TOOLS)/.tools  ## resolve the three lock files anew from pyproject.toml
	$(TOOLS)/bin/pip-compile $(LOCK) --generate-hashes --upgrade --extra dbn,postgres -o requirements.lock pyproject.toml
	$(TOOLS)/bin/pip-compile $(LOCK) --generate-hashes --upgrade --extra dbn,postgres,dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	printf 'nautilus_trader\nhftbacktest\n' | $(TOOLS)/bin/pip-compile $(LOCK) --generate-hashes --upgrade -o requirements-peers.lock -

# Containers run as users of their own, who must read them: the folder is what keeps others out.
secrets:  ## make the passwords that docker-compose.yml reads; what is there already stays
	@umask 022 && mkdir -p secrets && chmod 700 secrets && cd secrets && \
	for name in postgres_password reader_password grafana_password mqtt_desk mqtt_operator mqtt_reader mqtt_health; do \
	  [ -e $$name ] || { od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > $$name && echo "wrote secrets/$$name"; }; done && \
	[ -e journal_url ] || printf 'postgresql+psycopg://paperpit:%s@postgres/paperpit' "$$(cat postgres_password)" > journal_url && \
	for user in desk operator reader health; do echo "$$user:$$(cat mqtt_$$user)"; done > mqtt_users && \
	chmod 644 * && echo "secrets/ holds what docker-compose.yml reads: keep it to yourself"

image-test: $(VENV)/.dev  ## take the Dockerfile's steps in an empty folder, without a container, and run what comes out
	@$(BIN)/python -P -m tests.image

clean:  ## remove environments and caches; keeps var/, where the journals and tapes are
	rm -rf $(VENV) $(PEERS) $(TOOLS) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a step is done again only when what it was made from has changed.

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "paperpit needs Python 3.11 or newer, able to make an environment." >&2; \
	  echo "  found:   $$(python3 --version 2>&1 || echo 'no python3'), $$(python3 -c 'import ensurepip' 2>&1 | tail -1)" >&2; \
	  echo "  do:      apt-get install python3 python3-venv   (or: make run PYTHON=/path/to/python3.12)" >&2; \
	  exit 1; fi
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what requirements.lock names (once; a minute or so)"
	@$(BIN)/python $(PIP) -r requirements.lock
	@$(BIN)/python $(PIP) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "installing what requirements-dev.lock names (once)"
	@$(BIN)/python $(PIP) -r requirements-dev.lock
	@touch $@

# The peers' pins conflict with ours, so they live in an environment of their own.
$(PEERS)/.peers: requirements-peers.lock
	@echo "installing the peers that requirements-peers.lock names (once)"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python $(PIP) -r requirements-peers.lock
	@touch $@

$(TOOLS)/.tools:
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python $(PIP) 'pip-tools>=7.5,<8'
	@touch $@
