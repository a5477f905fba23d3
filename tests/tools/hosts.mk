# Tests on hosts, in parts: each Molecule scenario, and each file of tests/live. A part has a lab of its own, so parts run
# at the same time; most of their time is waiting. What a part prints is shown when it has ended.
# Run by on_hosts.sh, from the project's directory.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)

MOLECULE := $(patsubst molecule/%/molecule.yml,molecule-%,$(wildcard molecule/*/molecule.yml))
LIVE := $(patsubst tests/live/test_%.py,live-%,$(wildcard tests/live/test_*.py))
# The longest parts come first, so that none of them is still running alone at the end.
LONGEST := live-repair_faults live-repair_killed live-peers molecule-repair molecule-repair-kubeconfig molecule-repair-flags
TIMEFORMAT := took %0R s
export TIMEFORMAT

.PHONY: all molecule live $(MOLECULE) $(LIVE)
all: $(LONGEST) molecule live
molecule: $(MOLECULE)
live: $(LIVE)

$(MOLECULE): molecule-%:
	@echo '== $@'; time molecule test --scenario-name=$* || { echo '$@' >>"$$FAILED"; exit 1; }

$(LIVE): live-%:
	@echo '== $@'; time LAB_NAME=$(subst _,-,$@) pytest tests/live/test_$*.py || { echo '$@' >>"$$FAILED"; exit 1; }
