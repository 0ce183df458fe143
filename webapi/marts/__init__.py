"""All SQL and the connections it goes over."""
