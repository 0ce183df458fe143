"""The ceiling: a bare Flask route that returns a constant, under the service's own gunicorn settings."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/api/v1/customers/<int:customer_id>")
def constant(customer_id: int) -> dict[str, int]:
    """Do nothing else."""
    return {"constant": 1}
