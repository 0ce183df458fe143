"""Airflow on one machine: its home, its API, runs with and without its services."""
