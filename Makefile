# Every command of the project. `make` alone lists them.
# All of them run in the Python environment that local_stack/in_environment.sh makes, and mends when the lock changes.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo stop status run sql airflow requeue token user rollback manifest test test-unit test-long test-engines spark bench-ingest bench-marts bench-growth bench-engines bench-dag bench-idle bench-api quality scorecard rule-cards promises reference lint docs release-check fmt lock chaos bench-publish soak
.PHONY: env up ps logs down trigger test-containers

in_environment := ./local_stack/in_environment.sh
python := exec $(in_environment) python
trigger_in_container := ./local_stack/compose.sh exec -T airflow-api-server python -m local_stack.containers.trigger
two_at_a_time := --numprocesses 2 --dist loadfile --no-loadscope-reorder
compile = uv pip compile --quiet --generate-hashes --python-version 3.11 --override requirements-overrides.in $(if $(UPGRADE),--upgrade)

# What a person writes reaches the commands through the environment and untouched: no shell and no second round of make
# reads the quotes, $, | and % in it. Unexported, because exporting would expand it.
unexport Q ARGS SOURCE FILE CAMPAIGN REPLACE UID NAME GENERATION GATE
export CAMPAIGN_SQL = $(value Q)
export CAMPAIGN_ARGS = $(value ARGS)
export CAMPAIGN_SOURCE = $(value SOURCE)
export CAMPAIGN_ONLY = $(value CAMPAIGN)
export CAMPAIGN_FILE = $(value FILE)
export CAMPAIGN_REPLACE = $(value REPLACE)
export CAMPAIGN_UID = $(value UID)
export CAMPAIGN_USER = $(value NAME)
export CAMPAIGN_GENERATION = $(value GENERATION)
export CAMPAIGN_GATE = $(value GATE)
export CAMPAIGN_CALLER_FOLDER := $(PWD)

help: ## List the commands
	@echo "Commands (make COMMAND):"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | awk -F'\t' '{ printf "  %-15s %s\n", $$1, $$2 }'

demo: ## Start MySQL, Airflow and the web service, run the sample, show the answer; DETACH=1 returns then
	@$(python) -m local_stack.demo up $(if $(filter-out 0,$(DETACH)),--detach)

stop: ## Stop everything that make demo started
	@$(python) -m local_stack.demo down

status: ## Each part of the local stack: its state, since when, how often and how it died, its last error, and what to do
	@$(python) -m local_stack.status

run: ## Run the pipeline once, without Airflow's services: SOURCE=<file or folder> [CAMPAIGN=<id>] [REPLACE=orders|days] [FULL_REFRESH=1] [GATE=approve|reject]
	@$(python) -m local_stack.airflow.run_pipeline $(if $(value CAMPAIGN),--campaign "$$CAMPAIGN_ONLY") $(if $(value REPLACE),--replace "$$CAMPAIGN_REPLACE") $(if $(filter-out 0,$(FULL_REFRESH)),--full-refresh) $(if $(value GATE),--gate "$$CAMPAIGN_GATE")

sql: ## One SQL statement as the loader, tab-separated rows: Q="select …" [NAMES=1: column names first]
	@$(python) -m local_stack.mysql.sql $(if $(filter-out 0,$(NAMES)),--names)

airflow: ## Airflow's own command line, in the local stack: ARGS="dags list"
	@$(python) -m local_stack.airflow.command

requeue: ## Rejected rows of a file as a CSV to correct and load: FILE=<name or SHA-256> > corrected.csv; without FILE: what waits
	@$(python) -m local_stack.mysql.with_database campaign.ingest.export_rejected $(if $(FILE),"$$CAMPAIGN_FILE")

token: ## A token that opens closed lookups to one person: UID=<customer or shop owner> [DAYS=7]
	@$(python) webapi/make_token.py $(if $(value UID),"$$CAMPAIGN_UID") $(if $(DAYS),--days $(DAYS))

user: ## An entry of WEBAPI_USERS; asks for the password: NAME=<user>
	@$(python) webapi/hash_password.py $(if $(value NAME),"$$CAMPAIGN_USER")

rollback: ## Say what changes, then serve the generation before; again: undo that: [GENERATION=4: another one that is kept] [SHOW=1: only say it]
	@$(python) -m local_stack.mysql.with_database campaign.publishing.rollback $(if $(GENERATION),"$$CAMPAIGN_GENERATION") $(if $(filter-out 0,$(SHOW)),--show)

manifest: ## Write the dbt manifest the DAG is drawn from, if dbt/ has changed
	@$(python) -m local_stack.dbt.manifest

test: manifest ## Run the tests against real, private MySQL servers, two files at a time: [ARGS="-k …" for some, one by one]
	@exec $(in_environment) python -m pytest $(if $(ARGS),$(ARGS),$(two_at_a_time) --durations 10)

test-unit: manifest ## Run the tests that need no server, in less than a minute
	@exec $(in_environment) python -m pytest tests/unit $(or $(ARGS),$(two_at_a_time))

test-long: manifest ## Run what make test leaves out: long repeats of what it proves, some twenty minutes: [ARGS="-k …"]
	@$(in_environment) python -m pytest -m long $(or $(ARGS),$(two_at_a_time))
	@$(if $(ARGS),:,CAMPAIGN_TEST_LONG=1 exec $(in_environment) python -m pytest $(two_at_a_time) tests/unit tests/engines tests/integration/test_audit.py tests/integration/test_fraud_rules_*.py tests/integration/test_marts*.py)

test-engines: manifest ## Run the tests of the other engines: the same marts, row for row; needs Java 17: [ARGS="tests/engines/spark -k …"]
	@CAMPAIGN_ENGINE=spark exec $(in_environment) python -m pytest $(if $(ARGS),$(ARGS),tests/engines tests/engines/spark)

test-slow-clients: manifest ## Hold the web service with hundreds of slow connections, and see that others are answered within a second: [SECONDS=300]
	@WEBAPI_SLOW_CLIENTS_SECONDS=$(or $(SECONDS),300) WEBAPI_SLOW_CLIENTS_SLOWEST=1 exec $(in_environment) python -m pytest --timeout 900 -s tests/integration/test_webapi/test_webapi_slow_clients.py

test-document: manifest ## Try what the OpenAPI document allows and forbids, signed in and not, lookups open and closed: [EXAMPLES=60]
	@WEBAPI_SCHEMATHESIS_EXAMPLES=$(or $(EXAMPLES),60) exec $(in_environment) python -m pytest -s tests/integration/test_webapi/test_webapi_schemathesis.py

chaos: manifest ## Kill, stop, fill and misdate everything at random moments; prints what survived: [KILLS=100] [MINUTES=60] [AIRFLOW=12]; or mysqld alone, in each stage: OUTAGE=120
	@$(python) -m tests.chaos.run $(if $(KILLS),--kills $(KILLS)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AIRFLOW),--airflow $(AIRFLOW)) $(if $(OUTAGE),--outage $(OUTAGE))

spark: ## Start a private Spark: master, two workers and thrift server, for CAMPAIGN_ENGINE=spark; needs Java 17: [STOP=1]
	@$(python) -m local_stack.spark.cluster $(if $(filter-out 0,$(STOP)),down,up)

bench-ingest: ## Measure ingest against bare LOAD DATA and pandas, on one server in one run: [ROWS=10000000]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.ingest.run $(if $(ROWS),--rows $(ROWS)) $(ARGS)'

bench-marts: ## Measure the marts against plain SQL and DuckDB: [ROWS=10000000] [INCREMENT=1: a day on top of the others] [OURS=1: ours alone]
	@$(python) -m bench.marts.run $(if $(ROWS),--rows $(ROWS)) $(if $(filter-out 0,$(INCREMENT)),--increment) $(if $(filter-out 0,$(OURS)),--ours)

bench-publish: ## Publish many times under readers by HTTP and SQL: no failed answer, how long a pause is: [PUBLICATIONS=1000] [MINUTES=60]
	@$(python) -m bench.publish.readers $(if $(PUBLICATIONS),--publications $(PUBLICATIONS)) $(if $(MINUTES),--minutes $(MINUTES))

soak: manifest ## Load the web service with publications and log rotation, and plot memory, files and connections: [MINUTES=30] [AIRFLOW=1: Airflow's services]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.soak.$(if $(filter-out 0,$(AIRFLOW)),airflow,run) $(if $(MINUTES),--minutes $(MINUTES))'

bench-growth: ## Measure every stage at growing sizes, and draw it: [SIZES="1000000 3000000"]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.growth.run $(if $(SIZES),--sizes $(SIZES))'

bench-engines: manifest ## Measure the whole pipeline by each engine at growing sizes, and draw it: [SIZES="1000000 5000000"] [ENGINES="mysql duckdb"]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@CAMPAIGN_ENGINE=$(or $(filter spark,$(or $(ENGINES),spark)),mysql) exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.engines.run $(if $(SIZES),--sizes $(SIZES)) $(if $(ENGINES),--engines $(ENGINES))'

bench-dag: ## Measure the DAG in a real Airflow against the plain commands, on one server in one run: [ROWS=2000000 | FILE=… ] [ROUNDS=1]
	@exec $(in_environment) python -m bench.dag.run --tasks $(if $(ROWS),--rows $(ROWS)) $(if $(FILE),--file "$$CAMPAIGN_FILE") $(if $(ROUNDS),--rounds $(ROUNDS))

bench-idle: ## Measure memory and processor time of each part of the stack that make demo DETACH=1 has left: [SECONDS=60]
	@$(python) -m bench.idle_stack $(if $(SECONDS),--seconds $(SECONDS))

bench-api: ## Measure the customer lookup against FastAPI twice and a bare Flask route, needs wrk: [ROWS=2000000]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.api.run $(if $(ROWS),--rows $(ROWS))'

postman: ## Write the web service's Postman collection, webapi/postman_collection.json, from its OpenAPI document
	@$(python) -m tools.postman_collection

screenshots: ## Write the pictures of the pages in docs/images, from the demo that runs; needs Chromium
	@$(python) -m tools.screenshots

# Fits, yardsticks and figures: DuckDB builds, and what only benches need.
quality_program = CAMPAIGN_ENGINE=duckdb exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.quality.$(1) $(ARGS)'

quality: ## Hold accusations against the gate campaigns, those in CAMPAIGN_LABELLED, boosting and peeling: [ARGS=--no-yardsticks]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@$(call quality_program,run)

scorecard: ## Fit the points of the scorecards on generated campaigns and write them into the dbt project: [ARGS="--validate FOLDER"]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@$(call quality_program,fit)

rule-cards: ## Write docs/rules.md, a card per fraud rule with measured precision and recall: [ARGS=--keep-figures]
	@$(call quality_program,rule_cards)

promises: manifest ## Add new names (API, columns, settings, commands, tasks) to the snapshot of names that others rely on
	@CAMPAIGN_PROMISES=add exec $(in_environment) python -m pytest -q tests/unit/test_promises.py tests/dags/test_promised_names.py

reference: ## Write the reference pages that repeat the code: docs/reference/commands.md, settings.md, dags.md
	@$(python) -m tools.reference_pages

# The variable silences advice about MkDocs' successors. Never with --quiet: it hides warnings from --strict as well.
site = NO_MKDOCS_2_WARNING=1 exec $(in_environment) sh -c 'exec mkdocs

lint: ## Check Python code (errors, imports, layout), the Dockerfile, the compose file, the CI workflow and the documentation
	@$(in_environment) ruff check --quiet . && $(in_environment) ruff format --quiet --diff .
	@said=$$($(in_environment) lint-imports --no-cache --no-logo) || { echo "$$said" >&2; exit 1; }
	@$(in_environment) hadolint Dockerfile && $(in_environment) check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yaml
	@$(in_environment) check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/ci.yaml
	@said=$$($(site) build --strict --site-dir "$$CAMPAIGN_STATE/site"' 2>&1) || { echo "$$said" >&2; exit 1; }

docs: ## Serve the documentation on this machine, built again when a page changes: [PORT=8001]
	@$(site) serve --dev-addr 127.0.0.1:$(or $(PORT),8001)'

release-check: ## Prove that tag, changelog, images and dbt project agree with the version in pyproject.toml
	@$(python) -m tools.release_check

fmt: ## Correct the layout of Python code
	@$(in_environment) ruff check --quiet --fix . ; $(in_environment) ruff format --quiet .

# The composition's commands need Docker's compose plugin (or podman-compose) and any Python 3.9 or later.
env: ## compose: write .env with passwords and keys made at random; never overwrites one
	@./local_stack/any_python.sh -m local_stack.containers.compose_env

up: ## compose: build the images and start all services
	@./local_stack/compose.sh build airflow-init webapi proxy && ./local_stack/compose.sh up --detach --no-build

ps: ## compose: list the containers
	@./local_stack/compose.sh ps

logs: ## compose: show the containers' logs: [SERVICE=webapi]
	@./local_stack/compose.sh logs $(SERVICE)

down: ## compose: stop and remove the containers; data stays in the volumes
	@./local_stack/compose.sh down

trigger: ## compose: put a CSV into the inbox and run the pipeline on it: FILE=<CSV>; without, on the whole inbox
	@if [ -z "$$CAMPAIGN_FILE" ]; then $(trigger_in_container) </dev/null; \
	else file=$$(cd "$$CAMPAIGN_CALLER_FOLDER" && realpath -e -- "$$CAMPAIGN_FILE") && $(trigger_in_container) "$$(basename -- "$$CAMPAIGN_FILE")" <"$$file"; fi

test-containers: ## Build the images and try the whole composition, with Docker or podman; some twenty minutes
	@exec $(in_environment) python -m pytest tests/containers $(ARGS)

lock: ## Resolve each requirements*.in into its lock with hashes: [UPGRADE=1]
	@$(in_environment) $(compile) --output-file requirements.txt requirements.in
	@$(in_environment) $(compile) --output-file requirements-webapi.txt requirements-webapi.in
	@$(in_environment) $(compile) --output-file requirements-dev.txt requirements-dev.in
	@$(in_environment) $(compile) --output-file requirements-celery.txt requirements-celery.in
	@$(in_environment) $(compile) --output-file requirements-spark.txt requirements-spark.in
	@$(in_environment) $(compile) --output-file requirements-spark-cluster.txt requirements-spark-cluster.in
