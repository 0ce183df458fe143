"""Puts staged rows into ``campaign_raw``. Imports db, staging and validate."""
