# Set-up, demo, tests and benchmarks. Everything goes into ./.venv; nothing outside is touched, except that
# libLLVM is installed with apt-get where there is none and that is allowed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO ?= demo-run
# Processes that run the tests.
JOBS ?= auto
# Options of the training, for example GENERALIST="--device cuda --steps 20000".
GENERALIST ?=
# How dist is tried, for example DIST=--full.
DIST ?=
# Options of the collection of wheels, for example WHEELS="--extras studio".
WHEELS ?=
# Options of the posterior's making, for example POSTERIOR="--workers 2 --sets 3000".
POSTERIOR ?=
# Options of the campaign of faults, for example CAMPAIGN="--only hostile --fuzz 60".
CAMPAIGN ?=
# Options of the benchmarks, for example BENCH="--quick --output table.md".
BENCH ?=
# Without an NVIDIA GPU the CPU build of PyTorch is pinned, from PyTorch's own index where that can be reached:
# the default build brings gigabytes of CUDA.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
REACHABLE = $(shell $(PYTHON) -c "import urllib.request as u; u.urlopen('$(TORCH_INDEX)/', timeout=5)" >/dev/null 2>&1 && echo yes)
INDEX = $(if $(REACHABLE),--extra-index-url $(TORCH_INDEX))
CONSTRAINTS := $(shell command -v nvidia-smi >/dev/null 2>&1 || echo "-c constraints-cpu.txt")
TORCH := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo torch || echo torch==2.13.0)

.PHONY: install demo test suite lint docs docs-serve links dist wheels bench bench-growth bench-geometry bench-imaging bench-transmission bench-modalities bench-segmentation bench-scale cluster-check extras-check gpu-check soak campaign lock audit generalist generalist-whole posterior clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints-cpu.txt scripts/install-libllvm
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "A virtual environment cannot be made; try: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),$(INDEX) $(CONSTRAINTS)) "$(TORCH)" -e ".[all,dev,docs]"
	scripts/install-libllvm $(BIN)/python
	$(BIN)/python -m compileall -q -j 0 src
	touch $(STAMP)

demo: install
	$(BIN)/diffrendergan demo $(DEMO)

# The static checks beside the tests: mypy takes half a minute where it has not run yet.
test: install
	$(MAKE) --no-print-directory --jobs=2 lint suite

# A file's tests stay on one process, which makes its fixtures once; the longest files begin first (tests/conftest.py).
# Compiled files are written whatever the environment says: without them each process rewrites all assertions, and each
# command that a test starts compiles the package.
# What tests write goes into memory where there is room (Linux): a disk that others use too takes longer than the tests.
suite: export PYTHONDONTWRITEBYTECODE =
suite: install
	@room=$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1); \
	if [ -w /dev/shm ] && [ "$${room:-0}" -ge 4000000 ]; then \
		TMPDIR=$$(mktemp -d /dev/shm/tests.XXXXXX); export TMPDIR; trap 'rm -rf "$$TMPDIR"' EXIT; \
	fi; \
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

# mypy of version 2 checks with a process on each core; older ones with one.
lint: export MYPY_NUM_WORKERS = auto
lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The documentation site, into site/; any warning is an error. `docs-serve` shows it, with its search.
docs: install
	rm -rf site
	$(BIN)/zensical build --strict --clean --config-file mkdocs.yml
	@echo "Open site/index.html, or 'make docs-serve'."

docs-serve: docs
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8000

# Whether what pages link to outside of them is there; needs a network.
links: install
	$(BIN)/python scripts/check-links

# sdist and wheel into dist/, each installed into an empty environment and tried; DIST=--full with all dependencies.
dist: install
	$(BIN)/python scripts/try-dist $(DIST)

# Everything for machines without a network into wheels/, for example WHEELS="--extras studio --try" (docs/how-to/offline.md).
wheels: install
	$(BIN)/python scripts/collect-wheels $(WHEELS)

# Threads wait as those of the command line do.
bench: export OMP_WAIT_POLICY ?= passive
bench: install
	$(BIN)/python benchmarks/rendering.py $(BENCH)

# The same for growing images, particles and faces, each point in a process of its own.
bench-growth: install
	$(BIN)/python benchmarks/growth.py $(BENCH)

# Making particles and placing them.
bench-geometry: install
	$(BIN)/python benchmarks/geometry.py $(BENCH)

# What each link of the image model costs.
bench-imaging: install
	$(BIN)/python benchmarks/imaging.py $(BENCH)

# Images in transmission, and how exact their thickness is.
bench-transmission: install
	$(BIN)/python benchmarks/transmission.py $(BENCH)

# Height images and sections; BENCH="--scores WORK" also runs init and run on virtual scans.
bench-modalities: install
	$(BIN)/python benchmarks/modalities.py $(BENCH)

# Training, prediction, scores and measurements.
bench-segmentation: install
	$(BIN)/python benchmarks/segmentation.py $(BENCH)

# Synthesis by one and two workers of a cluster, and what a million pairs take.
bench-scale: install
	$(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),$(INDEX) $(CONSTRAINTS)) "$(TORCH)" -e ".[cluster]"
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/scale.py $(BENCH)

# Schedulers and workers of Dask as processes of their own, killed, frozen, filled up and out of date; some minutes.
cluster-check: install
	$(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),$(INDEX) $(CONSTRAINTS)) "$(TORCH)" -e ".[cluster]"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m cluster tests/runs/cluster tests/e2e/test_cluster.py

# What CI leaves out, since most users do not install it: studio, napari, ONNX, OME-Zarr and their own validators. A browser
# (chromium) and the libraries of Qt are asked for of the system; without them their tests say why they are skipped.
extras-check: install
	$(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),$(INDEX) $(CONSTRAINTS)) "$(TORCH)" -e ".[studio,napari,models,zarr]" onnxruntime webdataset ome-zarr-models playwright pyqt6
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -rs -n $(JOBS) --dist loadscope tests/studio tests/napari tests/exchange tests/image_files

# The tests and benchmarks that need an NVIDIA GPU, in eight minutes; says so where none is there.
gpu-check: install
	$(BIN)/python scripts/gpu-check

# 2,000 constellations in one process: memory has to stay level.
soak: install
	$(BIN)/python benchmarks/soak.py $(BENCH)

# Some thousand kills, damaged files and hostile ones: about an hour of one core; goes on where it was stopped.
campaign: install
	$(BIN)/python scripts/campaign $(CAMPAIGN)

# Every package that is installed, with its version and the checksums of its files, into requirements.lock.
lock: install
	$(BIN)/python -m pip install --quiet "uv>=0.9"
	$(BIN)/uv pip compile pyproject.toml --extra all --extra dev -c constraints-cpu.txt --generate-hashes --universal \
		--python-version 3.11 --no-header --quiet -o requirements.lock

# Whether one of them has a known hole; needs a network, and says so where PyPI's own data cannot be reached.
audit: install
	$(BIN)/python -m pip install --quiet "pip-audit>=2.9"
	$(BIN)/pip-audit -r requirements.lock --require-hashes --disable-pip --strict

# Trains the packaged network anew from its seed, an hour and a half on two cores; goes on where it was stopped.
generalist: install
	$(BIN)/python scripts/make-generalist $(GENERALIST)

# Teaches the packaged network's head of whole shapes, 20 minutes on two cores; goes on where it was stopped.
generalist-whole: install
	$(BIN)/python scripts/make-generalist-whole $(GENERALIST)

# Teaches the packaged posterior anew by virtual sets, an hour for 1,500 on one core; goes on where it was stopped.
posterior: install
	$(BIN)/python scripts/make-posterior $(POSTERIOR)

clean:
	rm -rf $(VENV) demo-run site dist wheels campaign
