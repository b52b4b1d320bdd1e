# Two commands: `make demo` and `make test`. Each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-slow test-kills check lock bench clean

demo: $(STAMP)
	$(BIN)/raabta demo

# What happens in real time is tried by itself: beside other tests it would be late. A worker keeps to
# neighbouring tests, which share fixtures, and takes of the other's when it has done its own.
test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not real_time"
	$(BIN)/python -m pytest -m "real_time and not slow"

# The slow lane, then properties and fuzzing with examples that no run has drawn before.
test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow
	HYPOTHESIS_PROFILE=fresh $(BIN)/python -m pytest -n 2 -m "not slow" tests/properties tests/fuzz

# 10,000 kills of the toy run, coordinators and workers; about a quarter of an hour.
test-kills: $(STAMP)
	$(BIN)/python tests/faults/many_kills.py --kills 10000

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/raabta bench

# The hashed lock holds the build backend too, so the second call needs no index.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("raabta needs Python 3.11 or newer; set PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# Needs uv; records hashes and no addresses.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --python-version 3.11 --extra dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
