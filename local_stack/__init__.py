"""What runs the project on one machine: a private MySQL server, Airflow, the web service. Called through the Makefile."""
