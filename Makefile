# Everything a developer does with this project; `make help` lists it.
.PHONY: setup
setup:
	@tests/tools/setup.sh
