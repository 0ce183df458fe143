"""The worker that slow clients cannot stop, and the short way for lookups."""
