"""A MySQL server private to the project, its users and databases."""
