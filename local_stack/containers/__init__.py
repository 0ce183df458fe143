"""What runs inside the containers of docker-compose.yaml: prepare, start and watch Airflow's services, and follow a run."""
