"""Audit, publish, roll back. Imports transform, db and settings."""
