"""From rows to answers: pure functions, no database, no request."""
