"""The addresses, as blueprints: what is read from a request and which answer it gets."""
