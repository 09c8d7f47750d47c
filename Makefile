# `make demo` runs the main job, `make test` the tests; both first make the environment in .venv, once.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Matrices of a few orbitals: one BLAS thread is fastest.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: demo test bench format clean

demo: .venv/ready
	@echo "computing the wire, some seconds"
	$(BIN)/kwantorque run gamnas-gaas-wire --jobs 2 --figure wire.png
	@echo "figure: wire.png"

test: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n 2

bench: .venv/ready
	$(BIN)/python benchmarks/bench.py

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv

# Kwant 1.5 comes as source only, declares no build requirements, and its shipped C files do not compile
# with NumPy 2: they are made anew by Cython. The wheel cache could hand out one built for another NumPy.
.venv/kwant:
	@echo "making the environment in .venv, once: two to three minutes"
	$(PYTHON) -m venv .venv
	$(PIP) --upgrade pip
	$(PIP) numpy scipy setuptools wheel cython tinyarray packaging
	@echo "compiling Kwant, one to two minutes without a word"
	$(PIP) --no-cache-dir --no-build-isolation --config-settings=--global-option=--cython kwant==1.5.0
	touch $@

.venv/ready: .venv/kwant setup.cfg pyproject.toml
	@echo "installing kwantorque and what it needs"
	$(PIP) --editable '.[test]'
	@$(BIN)/pip freeze --exclude-editable > .venv/kept
	@for code in cmtj spirit; do $(PIP) --only-binary :all: --constraint .venv/kept "kwantorque[$$code]" || \
		echo "no wheel of $$code fits this Python and NumPy: what is written for it is tested by its formula only"; done
	touch $@
