# Everything runs from .venv, which the first target makes from the locks. Needs Python, git, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST_ARGS ?=

.PHONY: demo test check lint types docs docs-fresh bench torture fuzz lock wheel clean

$(READY): requirements.lock tests/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY) ## the main job end to end, on a simulated GitHub
	$(BIN)/python -m tests.demo

test: $(READY) ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: lint types docs-fresh test ## what must be green before a merge

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY) ## write the generated pages
	$(BIN)/python -m bot.docs

docs-fresh: $(READY)
	$(BIN)/python -m bot.docs --check

bench: $(READY) ## figures beside their baselines
	$(BIN)/python -m tests.bench

torture: $(READY) ## workers killed at random, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.torture

fuzz: $(READY) ## ten minutes of hostile policies and manifests against the engines
	$(BIN)/python -m tests.fuzz

lock: ## pin the newest allowed versions, with hashes
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header --upgrade \
	  --extra helm --extra schemas -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url \
	  --no-emit-find-links --no-emit-trusted-host --no-header --upgrade \
	  --extra helm --extra schemas --extra dev -c requirements.lock -o tests/requirements.lock pyproject.toml

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
