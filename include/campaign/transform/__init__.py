"""The dbt project as data, and what a dbt run did. Imports db and settings."""
