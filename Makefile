# Set-up, demo, tests and benchmarks. Everything goes into ./.venv; nothing outside is touched, except that
# libLLVM is installed with apt-get where there is none and that is allowed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO ?= demo-run
# Without an NVIDIA GPU the CPU build of PyTorch is pinned: the default one brings gigabytes of CUDA.
CONSTRAINTS := $(shell command -v nvidia-smi >/dev/null 2>&1 || echo "-c constraints-cpu.txt")
TORCH := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo torch || echo torch==2.13.0)

.PHONY: install demo test lint bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints-cpu.txt scripts/install-libllvm
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(CONSTRAINTS) "$(TORCH)" -e ".[all,dev]"
	scripts/install-libllvm $(BIN)/python
	touch $(STAMP)

demo: install
	$(BIN)/diffrendergan demo $(DEMO)

test: install lint
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python benchmarks/rendering.py

clean:
	rm -rf $(VENV) demo-run
