# What one types here. `make demo` and `make test` work right after a clone; a second run is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The folder with the full data sets, where one stands beside the repository.
TOTEM_DATA ?= $(abspath $(patsubst %/programs/answers.json,%,$(firstword $(wildcard ../*/programs/answers.json))))
TOTEM_FUZZ ?= 50
export TOTEM_DATA

.PHONY: demo consortium test lint fuzz bench bench-ledger docs grammar programs wheel clean help

help:
	@echo "make demo        install, then run the peak-hour study on the shipped sample"
	@echo "make consortium  install, then let five members walk from founding to settlement"
	@echo "make test        install, then check style and types and run the tests"
	@echo "make lint        style and types only"
	@echo "make docs        write the reference again from the tables and the library"
	@echo "make grammar     write the tables of the grammar again, after a change to it"
	@echo "make fuzz        the random tests, for long"
	@echo "make bench       measure the speed of the machine and of jobs"
	@echo "make bench-ledger  measure the ledger: transactions a second, growth, verification"
	@echo "make programs    run the programs in TOTEM_DATA (now '$(TOTEM_DATA)') against their answers"
	@echo "make wheel       build dist/*.whl"

# A stamp tells what is installed: it is made anew when pyproject.toml is newer. A Python older
# than 3.11 is refused with its name before anything is written.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else sys.executable + " is Python " + sys.version.split()[0] + "; TOTEM needs 3.11 or later: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "installing TOTEM into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-for-tests: pyproject.toml | $(BIN)/python
	@echo "installing TOTEM and its tests into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

consortium: $(VENV)/installed
	@$(BIN)/python examples/consortium/walk.py

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n 2

fuzz: $(VENV)/installed-for-tests
	TOTEM_FUZZ=$(TOTEM_FUZZ) $(BIN)/pytest -n 2 -m hypothesis

# py-evm, the yardstick, has an environment of its own: it pins packages that TOTEM does not.
$(VENV)/evm/installed: | $(BIN)/python
	@echo "installing py-evm into $(VENV)/evm …"
	@$(PYTHON) -m venv $(VENV)/evm
	@$(VENV)/evm/bin/python -m pip install --quiet --disable-pip-version-check 'py-evm>=0.10b1'
	@touch $@

bench: $(VENV)/installed $(VENV)/evm/installed
	$(BIN)/python -m benchmarks.vm_loop --evm-python $(VENV)/evm/bin/python
	$(BIN)/python -m benchmarks.calibration

# As far as it is to grow: LEDGER_GROWTH=1000000 takes a quarter of an hour and 3 GB of disk.
LEDGER_GROWTH ?= 100000
bench-ledger: $(VENV)/installed
	$(BIN)/python -m benchmarks.ledger --growth $(LEDGER_GROWTH) --folder $(VENV)

docs: $(VENV)/installed-for-tests
	$(BIN)/python docs/generate.py

grammar: $(VENV)/installed
	$(BIN)/python -m totemlang.syntax.grammar_maker

programs: $(VENV)/installed-for-tests
	$(BIN)/python -m benchmarks.programs '$(TOTEM_DATA)'

wheel: $(VENV)/installed-for-tests
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
