# Everything a developer does with this project; `make help` lists it.
# Targets that need more than make and Python say so and stop, they never pass unrun.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# One target after the other; what may run at the same time within one (unit, corpus, hosts) is seen to there.
.NOTPARALLEL:

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Tests that share nothing run on all processors; PROCESSES=0 runs them in one process, for a debugger.
PROCESSES ?= auto
COLLECTION := .collections/ansible_collections/nodeclinic/kubelet

##@ Use

.PHONY: demo
demo: setup ## Break worker-2 of a lab of containers and show its diagnosis (bundled evidence where containers cannot run)
	@tests/tools/demo.sh

.PHONY: diagnose
diagnose: setup ## Diagnose your own nodes: make diagnose INVENTORY=hosts.yml LIMIT=worker-2
	@test -n "$(INVENTORY)" || { echo "Say which inventory: make diagnose INVENTORY=hosts.yml LIMIT=worker-2" >&2; exit 2; }
	@ansible-playbook playbooks/diagnose.yml -i "$(INVENTORY)" $(if $(LIMIT),-l "$(LIMIT)") $(ARGS)

##@ Develop

.PHONY: setup
setup: ## Make .venv with what the playbooks need
	@tests/tools/setup.sh

.PHONY: setup-dev
setup-dev: ## The same and the test tools
	@tests/tools/setup.sh dev

.PHONY: check
check: lint unit corpus ## What to run all day: lint, unit and corpus tests

.PHONY: test
test: lint unit corpus score sanity hosts ## Everything that a change must pass

.PHONY: lint
lint: setup-dev ## ruff, mypy, yamllint, shellcheck, licences, changelog, ansible-lint
	ruff check .
	ruff format --check .
	mypy $(COLLECTION)/plugins/plugin_utils
	mypy --python-version 3.10 $(COLLECTION)/plugins/module_utils
	yamllint .
	git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
	reuse lint --quiet || { reuse lint; exit 1; }
	antsibull-changelog lint
	ansible-lint

.PHONY: unit
unit: setup-dev ## Unit tests (ARGS="-k journal" selects)
	pytest -n $(PROCESSES) --dist worksteal tests/unit $(ARGS)

.PHONY: corpus
corpus: setup-dev ## Diagnose every bundle of tests/corpus, and some changed ones, and compare with what is known
	pytest -n $(PROCESSES) --dist worksteal tests/corpus tests/accuracy tests/redteam tests/apart $(ARGS)

.PHONY: sanity
sanity: setup-dev ## ansible-test sanity (ARGS="--test pylint" selects)
	tests/tools/sanity.sh $(ARGS)

.PHONY: hosts
hosts: setup-dev ## All that needs hosts: molecule and live, AT_ONCE=3 of their parts at the same time
	tests/tools/on_hosts.sh all

.PHONY: molecule
molecule: setup-dev ## All Molecule scenarios on lab hosts (SCENARIO=diagnose selects)
	tests/tools/on_hosts.sh $(or $(SCENARIO:%=molecule-%),molecule)

.PHONY: live
live: setup-dev ## The playbooks on lab hosts: ways to run them, cost, secrets, replay (ARGS="-k secrets" selects)
	$(if $(ARGS),pytest tests/live $(ARGS),tests/tools/on_hosts.sh live)

.PHONY: bench
bench: setup ## Time of a diagnosis against a ping, on 10 lab nodes over SSH
	@python tests/bench/diagnose.py $(ARGS)

.PHONY: bench-peers
bench-peers: setup ## Time and memory of comparing 5,000 nodes with their peers, on one core
	@python tests/bench/peers.py $(ARGS)

.PHONY: browser
browser: setup-dev ## The page of an audit in Chromium (needs it; not part of make test)
	pytest tests/browser $(ARGS)

.PHONY: score
score: setup-dev ## How right the diagnosis is over all recorded nodes and their mutations (ARGS="-k recovered" selects)
	@python tests/accuracy/score.py $(ARGS)

.PHONY: docs
docs: setup-dev ## Write the pages of the causes; check the documentation of plugins and roles
	python tests/tools/cause_pages.py
	cd $(COLLECTION) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=all .

.PHONY: clean
clean: ## Remove what the targets above made, .venv included
	rm -rf .venv .cache .collections .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
	     /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	     /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include tests/lab/lab.mk
