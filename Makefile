# One virtual environment in .venv, made again only when pyproject.toml changes. The program needs
# its own packages only; tests, checks and benchmarks also need torch, which is large.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
FULL   := $(VENV)/.ready-full
# of tests at once; files of tests stay whole, since what they share is made once in each
PROCESSES ?= 2
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test app train bench screenshots translations lint format clean install install-full

demo: $(READY)
	$(BIN)/cameo demo

test: $(FULL)
	$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile

app: $(READY)
	$(BIN)/python -m app

train: $(FULL)
	$(BIN)/cameo train training/configs/body_smoke.toml run.folder=$$(mktemp -d)

bench: $(FULL)
	$(BIN)/python benchmarks/run_all.py

screenshots: $(READY)
	QT_QPA_PLATFORM=offscreen $(BIN)/python docs/images/make_screenshots.py

# Takes the strings of the window from the source, and makes what the window reads.
translations: $(READY)
	@for file in app/translations/*.ts; do \
		$(BIN)/pyside6-lupdate -no-obsolete -locations none -disable-heuristic similartext \
			$$(find app -name '*.py' | LC_ALL=C sort) -ts $$file && \
		$(BIN)/pyside6-lrelease $$file -qm $${file%.ts}.qm || exit 1; done

lint: $(FULL)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(FULL)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(READY)

install-full: $(FULL)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cameo needs Python 3.11 or newer; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PIP) -e .
	@touch $(READY)

$(FULL): $(READY)
	$(PIP) -e '.[train,dev]'
	@touch $(FULL)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
