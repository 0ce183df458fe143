"""The dbt manifest and documentation, made when dbt/ has changed."""
