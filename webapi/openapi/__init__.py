"""The OpenAPI document and its guide."""
