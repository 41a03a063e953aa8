# Every workflow of a developer, one target each. `make` alone explains them.
.DEFAULT_GOAL := help
.PHONY: help check lint contracts types migrations test format migration lock upgrade demo clean
# Where the tools are; `make check BIN=/other/venv/bin` leaves .venv alone.
BIN ?= .venv/bin
ifeq ($(BIN),.venv/bin)
TOOLS := .venv/requirements-dev.lock
endif
LOCK := uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: lint contracts types migrations test ## the whole gate: everything that must be true before a commit

lint: $(TOOLS) ## formatting and lint rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

contracts: $(TOOLS) ## who may import whom (the contracts of pyproject.toml)
	$(BIN)/lint-imports

types: $(TOOLS) ## mypy, strict
	$(BIN)/mypy

migrations: $(TOOLS) ## the migrations say what the models say
	$(BIN)/python -m migrations check

test: $(TOOLS) ## all tests, on every core
	$(BIN)/python -m pytest -n auto --dist worksteal

format: $(TOOLS) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migration: $(TOOLS) ## write the next migration: make migration about="contacts have a birthday"
	$(BIN)/python -m migrations new "$(about)"

lock: ## make both lock files anew from pyproject.toml (needs uv)
	$(LOCK) --extra postgres -o requirements.lock
	$(LOCK) --all-extras --group dev --constraint requirements.lock -o requirements-dev.lock

upgrade: ## the same, with the newest versions that pyproject.toml allows
	rm -f requirements.lock requirements-dev.lock
	$(MAKE) lock

demo: ## watch contacts come in and a campaign go out, all on this machine
	./run demo

clean: ## remove what was built or installed here (never var/, where the data is)
	rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build

.venv/requirements-dev.lock: requirements-dev.lock
	./run test --version
