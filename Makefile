# Every command of the project. `make` alone lists them.
# All of them run in the Python environment that scripts/in_environment.sh makes, and mends when the lock changes.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo stop run sql requeue rollback manifest test bench-ingest bench-api lint fmt lock

in_environment := ./scripts/in_environment.sh
python := exec $(in_environment) python
compile = uv pip compile --quiet --generate-hashes --python-version 3.11 --override requirements-overrides.in $(if $(UPGRADE),--upgrade)

# What a person writes reaches the commands through the environment and untouched: no shell and no second round of make
# reads the quotes, $, | and % in it. Unexported, because exporting would expand it.
unexport Q SOURCE FILE CAMPAIGN
export CAMPAIGN_SQL = $(value Q)
export CAMPAIGN_SOURCE = $(value SOURCE)
export CAMPAIGN_ONLY = $(value CAMPAIGN)
export CAMPAIGN_FILE = $(value FILE)
export CAMPAIGN_CALLER_FOLDER := $(PWD)

help: ## List the commands
	@echo "Commands (make COMMAND):"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-13s %s\n", $$1, $$2 }'

demo: ## Start MySQL, Airflow and the web service, run the sample, show the answer; DETACH=1 returns then
	@$(python) -m scripts.demo up $(if $(filter-out 0,$(DETACH)),--detach)

stop: ## Stop everything that make demo started
	@$(python) -m scripts.demo down

run: ## Run the pipeline once, without Airflow's services: SOURCE=<file or folder> [CAMPAIGN=<id>] [REPLACE=1] [FULL_REFRESH=1]
	@$(python) -m scripts.run_pipeline $(if $(value CAMPAIGN),--campaign "$$CAMPAIGN_ONLY") $(if $(filter-out 0,$(REPLACE)),--replace) $(if $(filter-out 0,$(FULL_REFRESH)),--full-refresh)

sql: ## One SQL statement as the loader, tab-separated rows: Q="select …"
	@$(python) -m scripts.sql

requeue: ## Rejected rows of a file as a CSV to mend and load again: FILE=<name or SHA-256> > mended.csv
	@$(python) -m scripts.with_database campaign.requeue $(if $(FILE),"$$CAMPAIGN_FILE")

rollback: ## Serve the generation before the present one; again: undo that
	@$(python) -m scripts.with_database campaign.publish rollback

manifest: ## Write the dbt manifest the DAG is drawn from, if dbt/ has changed
	@$(python) -m scripts.dbt_manifest

test: manifest ## Run all tests against a real, private MySQL server: [ARGS="-k …"]
	@exec $(in_environment) python -m pytest $(ARGS)

bench-ingest: ## Measure ingest against bare LOAD DATA and pandas, on one server in one run: [ROWS=10000000]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.ingest.run $(if $(ROWS),--rows $(ROWS))'

bench-api: ## Measure the customer lookup against FastAPI twice and a bare Flask route, needs wrk: [ROWS=2000000]
	@$(in_environment) sh -c 'uv pip install --quiet --no-deps --target "$$CAMPAIGN_STATE/bench/site" -r bench/requirements.txt'
	@exec $(in_environment) sh -c 'PYTHONPATH="$$PYTHONPATH:$$CAMPAIGN_STATE/bench/site" exec python -m bench.api.run $(if $(ROWS),--rows $(ROWS))'

lint: ## Check Python code: errors, imports, layout
	@$(in_environment) ruff check --quiet . && $(in_environment) ruff format --quiet --diff .

fmt: ## Mend the layout of Python code
	@$(in_environment) ruff check --quiet --fix . ; $(in_environment) ruff format --quiet .

lock: ## Resolve requirements.in anew into requirements.txt, with hashes: [UPGRADE=1]
	@$(in_environment) $(compile) --output-file requirements.txt requirements.in
	@$(in_environment) $(compile) --output-file requirements-dev.txt requirements-dev.in
