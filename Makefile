# make demo   everything from a bare machine to the report        make test   what CI runs
# make check  the fast part of it, without an engine              make fmt    format the code
# make report the sample's weeks, built and reported
PYTHON ?= python3
BIN := .venv/bin
ENGINE := $(BIN)/python tools/engine

.PHONY: demo report test test-fixes check fmt lint-speed bench-overhead change-points history-speed fuzz engine-up engine-down repository clean

demo: .venv/.ready
	$(ENGINE) run -- $(BIN)/python benchmarks/demo.py

# Some ten minutes the first time; goes on where it was broken off.
report: .venv/.ready
	$(ENGINE) run -- $(BIN)/python benchmarks/report.py

# Tests of one engine run one after the other, since they compare what it holds before and after.
test: check
	$(BIN)/python tools/debian.py
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not engine" --cov --cov-report=
	$(ENGINE) --optional run -- $(BIN)/pytest -q -n 2 --dist loadgroup -m engine --cov --cov-append --cov-report=term:skip-covered

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# All Dockerfiles of tests/engine/fix_cases; `make test` builds some of them.
test-fixes: .venv/.ready
	IMGOPT_ALL_FIX_CASES=1 $(ENGINE) run -- $(BIN)/pytest -q tests/engine/test_fix_cases.py

fmt: .venv/.ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint-speed: .venv/.ready
	$(BIN)/python benchmarks/lint_speed.py

bench-overhead: .venv/.ready
	$(ENGINE) run -- $(BIN)/python benchmarks/bench_overhead.py

# Change points beside Apache Otava and ruptures, which have an environment of their own.
change-points: .venv/peers/.ready
	$(BIN)/python benchmarks/change_points.py .venv/peers/bin/python

.venv/peers/.ready: benchmarks/change_peers.txt .venv/.ready
	$(PYTHON) -m venv .venv/peers
	.venv/peers/bin/pip install --quiet --disable-pip-version-check --requirement benchmarks/change_peers.txt
	touch $@

# 100,000 records, on PostgreSQL too where it is installed. ARGS=--records=1000000 for a million.
history-speed: .venv/.ready
	PYTHONPATH=tests $(BIN)/python benchmarks/history_speed.py $(ARGS)

# Ten minutes; atheris is not among the pinned packages, since few Pythons have it.
fuzz: .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check atheris
	$(BIN)/python benchmarks/fuzz_lint.py

engine-up: .venv/.ready
	$(ENGINE) up

engine-down:
	$(PYTHON) tools/engine down --all

# Debian keeps venv and pip in a package of their own.
.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv || { rm -rf .venv; apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv .venv; }
	PYTHONDONTWRITEBYTECODE= $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# Where this repository is, for pyproject.toml and the pages: make repository URL=https://HOST/OWNER/imgopt
repository:
	$(PYTHON) tools/repository.py $(URL)

clean:
	rm -rf .venv .imgopt .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
