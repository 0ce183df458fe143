"""Watches the parts of the stack, and restarts what dies."""
