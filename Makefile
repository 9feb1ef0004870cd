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
	@bash tools/servers.sh docker-compose openssl victoria-metrics
	@# Two workers more than there are cores: tests of real servers mostly wait for them.
	@$(IN_VENV) -m pytest -n $$(($$(nproc) + 2)) --dist loadfile $(ARGS)

.PHONY: chaos
chaos: servers ## Break the simulated agents in ten ways, and see who is paged, how soon
	@$(IN_VENV) -m tests.chaos $(ARGS)

.PHONY: check
check: $(STAMP) ## Check format, lint, types, and that generated files are fresh
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/agentgauge generate --check
	@$(IN_VENV) -m agentgauge.reference --check

# What `make judges` builds: Prometheus and Alertmanager of today, and what else finds fault.
TODAY := $(CURDIR)/.judges/bin
TESTS_OF_SERVERS := tests/e2e tests/generator tests/proof tests/presets tests/up/test_deployment.py

.PHONY: judges
judges: $(STAMP) ## Ask the field's own tools about alerts/ and dashboards/, and test with today's servers
	@$(IN_VENV) -m tools.judges
	@AGENTGAUGE_PROMETHEUS=$(TODAY)/prometheus AGENTGAUGE_PROMTOOL=$(TODAY)/promtool \
	  AGENTGAUGE_ALERTMANAGER=$(TODAY)/alertmanager AGENTGAUGE_AMTOOL=$(TODAY)/amtool \
	  $(IN_VENV) -m pytest -n $$(($$(nproc) + 1)) --dist loadfile $(TESTS_OF_SERVERS)

.PHONY: format
format: $(STAMP) ## Format the code and mend what can be mended
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

.PHONY: generate
generate: $(STAMP) ## Make dashboards/, alerts/, the schema and the reference pages anew
	@$(IN_VENV) -m agentgauge.reference
	@$(VENV)/bin/agentgauge generate

.PHONY: bench
bench: $(STAMP) ## Measure the exporter beside msgspec, orjson, mtail and prometheus-client, and the generator
	@$(IN_VENV) -m benchmarks.exporter
	@$(IN_VENV) -m benchmarks.following
	@$(IN_VENV) -m benchmarks.sessions
	@$(IN_VENV) -m benchmarks.scrape
	@$(IN_VENV) -m benchmarks.generate

.PHONY: clean
clean: ## Remove what make has made
	@rm -rf $(VENV) .run .judges .mypy_cache .ruff_cache .pytest_cache .hypothesis
