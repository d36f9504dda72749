# What one types here. `make demo` and `make test` work right after a clone; a second run is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The folder with the full data sets, where one stands beside the repository.
TOTEM_DATA ?= $(abspath $(patsubst %/programs/answers.json,%,$(firstword $(wildcard ../*/programs/answers.json))))
TOTEM_FUZZ ?= 50
export TOTEM_DATA

.PHONY: demo consortium test lint fuzz bench bench-jobs bench-scale bench-metering bench-loops bench-calibration bench-start bench-ledger agreement agreement-at-size docs grammar programs wheel clean help

help:
	@echo "make demo        install, then run the peak-hour study on the shipped sample"
	@echo "make consortium  install, then let five members walk from founding to settlement"
	@echo "make test        install, then check style and types and run the tests"
	@echo "make lint        style and types only"
	@echo "make docs        write the reference again from the tables and the library"
	@echo "make grammar     write the tables of the grammar again, after a change to it"
	@echo "make fuzz        the random tests, for long"
	@echo "make bench       all measurements of speed (long); or one of them:"
	@echo "  bench-jobs       eight jobs beside Polars, DuckDB, pandas, NumPy and Python (ROWS=…)"
	@echo "  bench-scale      time and memory against rows and workers (SCALE=\"rows …\")"
	@echo "  bench-metering   metered against unmetered"
	@echo "  bench-loops      an operation beside revm, py-evm, Starlark and wasmtime"
	@echo "  bench-calibration  nanoseconds a totem by operation"
	@echo "  bench-start      start-up of a check, and a job compiled and quoted"
	@echo "make agreement   random programs in both tiers, in partitions (COUNT=…)"
	@echo "make agreement-at-size  random jobs over many rows in both tiers (COUNT=…)"
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

# What TOTEM is compared with has environments of its own: the extras `bench` and, as py-evm pins
# packages that the others do not, `bench-evm`.
EXTRA = $(BIN)/python -c 'import sys, tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]]))'
RIVALS := $(VENV)/bench/bin/python
EVM := $(VENV)/bench-evm/bin/python

$(VENV)/bench/installed $(VENV)/bench-evm/installed: $(VENV)/%/installed: pyproject.toml | $(BIN)/python
	@echo "installing what TOTEM is compared with into $(VENV)/$* …"
	@$(PYTHON) -m venv $(VENV)/$*
	@$(EXTRA) $* > $(VENV)/$*/requirements.txt
	@$(VENV)/$*/bin/python -m pip install --quiet --disable-pip-version-check -r $(VENV)/$*/requirements.txt
	@touch $@

ROWS ?= 10000000
REPEAT ?= 5
SCALE ?= 100000 1000000 10000000 100000000
COUNT ?= 10000

bench: bench-jobs bench-scale bench-metering bench-loops bench-calibration bench-start

bench-jobs: $(VENV)/installed $(VENV)/bench/installed
	$(BIN)/python -m benchmarks.jobs.compare --rows $(ROWS) --repeat $(REPEAT) --rivals-python $(RIVALS)
	$(RIVALS) -m benchmarks.jobs.report benchmarks/results/jobs.json

bench-scale: $(VENV)/installed $(VENV)/bench/installed
	$(BIN)/python -m benchmarks.jobs.scale --rows $(SCALE) --rivals-python $(RIVALS)

bench-metering: $(VENV)/installed
	$(BIN)/python -m benchmarks.jobs.metering --rows $(ROWS)

bench-loops: $(VENV)/installed $(VENV)/bench/installed $(VENV)/bench-evm/installed
	$(BIN)/python -m benchmarks.loops.compare --rivals-python $(RIVALS) --evm-python $(EVM)

bench-calibration: $(VENV)/installed
	$(BIN)/python -m benchmarks.calibration --output benchmarks/results/calibration.md

bench-start: $(VENV)/installed
	$(BIN)/python -m benchmarks.start --output benchmarks/results/start.md

agreement: $(VENV)/installed-for-tests
	$(BIN)/python -m benchmarks.agreement --count $(COUNT)

agreement-at-size: COUNT = 200
agreement-at-size: $(VENV)/installed-for-tests
	$(BIN)/python -m benchmarks.agreement_at_size --count $(COUNT)

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
