# Everyday commands. A newcomer needs only `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The album: make run PHOTOS=~/Pictures/Trek. Without it a sample album is drawn.
PHOTOS ?=
PYTEST_ARGS ?=
# Tests run in one process per core. `make test PARALLEL=` runs them one after the other, as `pytest` itself does.
PARALLEL ?= --numprocesses auto
# Packages come from the locks in locks/: the same versions everywhere, checked by their hashes. LOCKED=no takes the
# newest within the ranges instead, for a Python or platform that the locks don't cover.
LOCKED ?= yes
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CHECKOV := .venv-checkov/bin/checkov
TOOLS := .venv-tools/bin

# Independent of each other; `make check` runs one after the other, `make test-fast` several at once.
CHECKS := check-format check-lint check-types check-imports check-js

.PHONY: run up down test test-fast test-unit torture stories outages check $(CHECKS) deploy-check cloud-mistakes format bench bench-servers
.PHONY: servers coverage lock sbom release test-lowest test-newest clean

run: $(VENV)/.run-ready
ifeq ($(strip $(PHOTOS)),)
	@$(BIN)/cumbre demo --if-empty --first 8
	@# The server starts while the rest is drawn; pictures appear one by one, and Ctrl-C ends both processes.
	@$(BIN)/cumbre demo --if-empty >/dev/null 2>&1 & drawer=$$!; \
		trap 'kill $$drawer 2>/dev/null' EXIT INT TERM; $(BIN)/cumbre serve
else
	@exec $(BIN)/cumbre serve --photos "$(PHOTOS)"
endif

# Elasticsearch, MinIO and Cumbre in containers (docs/compose.md).
up:
	@docker compose version >/dev/null 2>&1 || \
		{ echo "make up needs Docker with its compose plugin; without Docker use: make run"; exit 1; }
	@$(PYTHON) local/compose_secrets.py
	docker compose -f local/compose.yaml up --build --detach --wait
	@echo "Cumbre is at http://127.0.0.1:8765, the console of MinIO at http://127.0.0.1:9001 (bucket photos)."
	@echo "Passwords are in local/.env: CUMBRE_PASSWORD; CUMBRE_S3_ACCESS_KEY and CUMBRE_S3_SECRET_KEY."

# Stops the containers; photos and index stay in their volumes.
down:
	docker compose -f local/compose.yaml down

test: $(VENV)/.test-ready check
	$(BIN)/python -m pytest $(PARALLEL) $(PYTEST_ARGS)

# For every change: all checks and the unit tests, in less than a minute. The output of each is printed when it ends, if
# this make can do that (GNU make 4), and a failure does not stop the others.
test-fast:
	@$(MAKE) --no-print-directory --jobs 3 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync) \
		test-unit $(CHECKS)

test-unit: $(VENV)/.test-ready
	$(BIN)/python -m pytest tests/unit --quiet $(PARALLEL) $(PYTEST_ARGS)

check: $(CHECKS)

check-format: $(VENV)/.test-ready
	$(BIN)/ruff format --check .

check-lint: $(VENV)/.test-ready
	$(BIN)/ruff check .

check-types: $(VENV)/.test-ready
	$(BIN)/mypy

check-imports: $(VENV)/.test-ready
	$(BIN)/lint-imports

# Types, lint and format of the page's scripts and style sheets. The page itself needs no Node.
check-js:
	@if $(NODE_FITS); then \
		$(MAKE) --no-print-directory node_modules/.package-lock.json && npm run check; \
	else \
		echo "skipped: types, lint and format of the page's scripts need npm and Node 20.19, 22.13, 24 or newer"; [ -z "$(CI)" ]; \
	fi

# The versions that package.json and the locked tools allow: 20.19, 22.13, 24 or newer.
NODE_FITS = command -v npm >/dev/null && node -e '$(NODE_TEST)' 2>/dev/null
NODE_TEST = const [major, minor] = process.versions.node.split(".").map(Number), least = {20: 19, 22: 13}[major]; \
	process.exit(major >= 24 || minor >= least ? 0 : 1)

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

# Checks of infra/terraform before a deployment: format, validity, Terraform's tests, apply and destroy on a mock of
# AWS, each function's permissions, the images, and common mistakes. Needs Terraform with its provider; some minutes.
deploy-check: $(VENV)/.test-ready cloud-mistakes
	$(BIN)/python -m pytest tests/infra $(PARALLEL) $(PYTEST_ARGS)

cloud-mistakes: $(CHECKOV)
	$(CHECKOV) --config-file infra/checkov.yaml --directory infra/terraform
	$(CHECKOV) --config-file infra/checkov.yaml --file infra/Dockerfile

# Separate environments: checkov pins many packages, and the tools are for maintainers only.
.venv-%/bin/checkov .venv-%/bin/uv: locks/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Writes the locks (CONTRIBUTING.md, Dependencies). Pins that still fit are kept; UPGRADE=yes takes the newest versions.
LOCK = $(TOOLS)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(if $(filter yes,$(UPGRADE)),--upgrade)

lock: $(TOOLS)/uv
	$(LOCK) requirements.txt --output-file locks/run.txt
	$(LOCK) pyproject.toml --extra dev --constraint locks/run.txt --output-file locks/dev.txt
	$(LOCK) functions/requirements.txt --constraint locks/run.txt --output-file locks/functions.txt
	$(LOCK) bot/requirements.txt --constraint locks/run.txt --output-file locks/bot.txt
	$(LOCK) infra/requirements-check.txt --output-file locks/checkov.txt
	$(LOCK) --group tools --output-file locks/tools.txt
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' | \
		$(LOCK) - --constraint locks/dev.txt --output-file locks/build.txt

# Unit tests with the oldest and the newest packages that the lists allow, in environments of their own.
test-lowest: RESOLUTION := lowest-direct
test-newest: RESOLUTION := highest
test-lowest test-newest: test-%: $(TOOLS)/uv
	$(TOOLS)/uv venv --quiet --clear --python "$(PYTHON)" .venv-$*
	$(TOOLS)/uv pip install --quiet --python .venv-$*/bin/python --resolution $(RESOLUTION) --editable '.[dev]'
	.venv-$*/bin/python -m pytest tests/unit $(PYTEST_ARGS)

# What a release contains: wheel and source distribution, built with the locked build backend. The wheel is installed
# without the checkout, as a user installs it, and draws the first pictures of the sample album.
release: $(TOOLS)/uv
	rm -rf dist .venv-release
	$(TOOLS)/uv build --quiet --no-create-gitignore --build-constraints locks/build.txt --require-hashes --out-dir dist
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --disable-pip-version-check dist/cumbre-*.whl
	.venv-release/bin/cumbre --version
	home=$$(mktemp -d) && CUMBRE_HOME=$$home .venv-release/bin/cumbre demo --first 3 && rm -r "$$home"
	$(MAKE) sbom

# The bill of materials: what a release is made of, in CycloneDX's format.
sbom: $(TOOLS)/uv
	@mkdir -p dist
	PYTHONWARNINGS=ignore $(TOOLS)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		--output-file dist/cumbre.cdx.json locks/run.txt

# The servers that tests start: Elasticsearch is downloaded, MinIO is built. Once on a machine; takes some minutes.
servers: $(VENV)/.test-ready
	CUMBRE_TEST_SERVERS=1 $(BIN)/python -m tests.support.fetch_servers

# Lines and branches that the unit tests run; fails below the floor in pyproject.toml. Takes a third longer than the
# tests alone, and not part of `make test`: before Python 3.12, tracing can fail while threads start.
coverage: $(VENV)/.test-ready
	$(BIN)/coverage run -m pytest tests/unit $(PYTEST_ARGS)
	$(BIN)/coverage report

format: $(VENV)/.test-ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@! { $(NODE_FITS); } || { $(MAKE) --no-print-directory node_modules/.package-lock.json && npm run format; }

# The long tests in full: kills, flipped bytes, fuzzing. Takes about an hour.
torture: $(VENV)/.test-ready
	CUMBRE_TEST_ROUNDS=100 $(BIN)/python -m pytest tests/integration tests/unit/index/embedded/test_recovery.py
	$(BIN)/python -m benchmarks.fuzz --pictures 10000

# Random sequences of changes, events and worker runs: 1000 on the embedded index, 100 on servers. Random sequences of
# messages to the bot: 500.
stories: $(VENV)/.test-ready
	CUMBRE_TEST_SERVERS=1 CUMBRE_TEST_ROUNDS=100 $(BIN)/python -m pytest tests/integration/test_any_order.py \
		tests/integration/test_telegram_any_order.py

# 300 uploads, five kills, a minute without Elasticsearch, a restart of MinIO; 1000 Telegram updates, one kill.
outages: $(VENV)/.test-ready
	CUMBRE_TEST_SERVERS=1 CUMBRE_TEST_ROUNDS=100 $(BIN)/python -m pytest -s tests/integration/test_outages.py \
		tests/integration/test_telegram_webhook.py

# Benchmarks with Elasticsearch and MinIO. Takes half an hour.
bench-servers: $(VENV)/.test-ready
	CUMBRE_TEST_SERVERS=1 $(BIN)/python -m benchmarks.index
	CUMBRE_TEST_SERVERS=1 $(BIN)/python -m benchmarks.uploads

bench: $(VENV)/.test-ready
	$(BIN)/python -m benchmarks.identify
	$(BIN)/python -m benchmarks.compass
	$(BIN)/python -m benchmarks.summits
	$(BIN)/python -m benchmarks.corrected_headings
	$(BIN)/python -m benchmarks.terrain
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.sample_album
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.names
	$(BIN)/python -m benchmarks.large_album
	$(BIN)/python -m benchmarks.peaks_import
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.query
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.telegram

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Cumbre needs Python 3.11 or newer; choose one: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Cumbre itself is installed without its dependencies, because the lock has installed them.
$(VENV)/.run-ready: requirements.txt pyproject.toml locks/run.txt locks/build.txt | $(VENV)/bin/python
	@echo "Setting up $(VENV) (once; takes about a minute)"
ifeq ($(LOCKED),yes)
	@$(PIP) --require-hashes -r locks/build.txt -r locks/run.txt || { echo $(NOT_LOCKED); exit 1; }
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
else
	@PYTHONWARNINGS=ignore $(PIP) --editable .
endif
	@touch $@

$(VENV)/.test-ready: requirements.txt pyproject.toml locks/dev.txt | $(VENV)/bin/python
ifeq ($(LOCKED),yes)
	@$(PIP) --require-hashes -r locks/dev.txt || { echo $(NOT_LOCKED); exit 1; }
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
else
	@PYTHONWARNINGS=ignore $(PIP) --editable '.[dev]'
endif
	@touch $@ $(VENV)/.run-ready

NOT_LOCKED := "The locked packages could not be installed. If this Python or platform has no wheel of one of them," \
	"repeat the command with LOCKED=no: it takes the newest versions that Cumbre allows."

clean:
	rm -rf $(VENV) .venv-checkov .venv-tools .venv-lowest .venv-newest .venv-release node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .coverage build dist *.egg-info
