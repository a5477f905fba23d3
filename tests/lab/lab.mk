# The project's own test hosts; see tests/lab/README.md. Included by the Makefile of the project.
#   LAB_NAME=nodelab   name of the lab, for two at once     WORKERS=2        number of workers
#   RELEASES=12,13     Debian releases of worker-1, -2...   LAB_MIRROR=URL   Debian mirror (default: apt's)
LAB_PYTHON ?= /usr/bin/python3
LAB := PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 $(LAB_PYTHON) -m lab
# Some shells export their own HOST, which is no test host.
ifeq ($(origin HOST),environment)
HOST :=
endif
export LAB_NAME WORKERS RELEASES LAB_MIRROR

##@ Test hosts

.PHONY: lab lab-break lab-heal lab-status lab-down lab-score repair-live repair-faults
lab: ## Bring up test hosts: a control plane and WORKERS=2 workers, pristine
	@$(LAB) up

lab-break: ## Break a worker: make lab-break CASE=ca-path-wrong HOST=worker-2 (without CASE: lists them)
	@test -n "$(CASE)" || { echo 'usage: make lab-break CASE=ca-path-wrong [HOST=worker-2]; the cases are:'; $(LAB) cases; exit 2; }
	@$(LAB) break $(CASE) $(HOST)

lab-heal: ## Make the broken hosts, or HOST=worker-2, pristine again
	@$(LAB) heal $(HOST)

lab-status: ## Show the test hosts and what they are broken with
	@$(LAB) status

lab-down: ## Remove the test hosts; their images stay for the next time
	@$(LAB) down

lab-score: setup ## Break, diagnose and heal in every known way, or CASES="a b", and compare with what is wrong
	@LAB_NAME=$(or $(filter-out nodelab,$(LAB_NAME)),score) PYTHONPATH=tests python -m lab.score $(CASES)

repair-live: setup ## Break, repair in one command, undo and heal in every known way, or CASES="a b", or PART=1/4 of them
	@LAB_NAME=$(or $(filter-out nodelab,$(LAB_NAME)),repairs) PYTHONPATH=tests python -m lab.repair_score $(if $(PART),--part $(PART)) $(CASES)

repair-faults: setup-dev ## Repairs that go wrong on real hosts, killed at every point (make live tries each fifth)
	EVERY_POINT=1 pytest tests/live -m faults $(ARGS)
