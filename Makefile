# Everything that is done here by hand, in one place. `make` alone says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
IN_VENV := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: help
help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml tools/install.sh
	@bash tools/install.sh $(VENV)
	@touch $@

.PHONY: install
install: $(STAMP) ## Install what the project needs, into .venv and from Debian's packages

.PHONY: servers
servers: $(STAMP)
	@bash tools/servers.sh

.PHONY: run
run: servers ## Start the demo: agents, exporter, Prometheus, Alertmanager
	@$(VENV)/bin/agentgauge up --demo

.PHONY: test
test: $(STAMP) ## Run the tests, with the real Prometheus and Alertmanager
	@bash tools/servers.sh docker-compose openssl
	@# One worker more than there are cores: tests of real servers mostly wait for them.
	@$(IN_VENV) -m pytest -n $$(($$(nproc) + 1)) --dist loadfile $(ARGS)

.PHONY: check
check: $(STAMP) ## Check format, lint, types, and that generated files are fresh
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/agentgauge generate --check
	@$(IN_VENV) -m agentgauge.reference --check

.PHONY: format
format: $(STAMP) ## Format the code and mend what can be mended
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

.PHONY: generate
generate: $(STAMP) ## Make dashboards/, alerts/, the schema and the reference pages anew
	@$(IN_VENV) -m agentgauge.reference
	@$(VENV)/bin/agentgauge generate

.PHONY: bench
bench: $(STAMP) ## Measure the exporter beside msgspec, orjson, mtail and prometheus-client
	@$(IN_VENV) -m benchmarks.exporter
	@$(IN_VENV) -m benchmarks.following
	@$(IN_VENV) -m benchmarks.scrape

.PHONY: clean
clean: ## Remove what make has made
	@rm -rf $(VENV) .run .mypy_cache .ruff_cache .pytest_cache .hypothesis
