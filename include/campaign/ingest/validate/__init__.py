"""Accepts or rejects rows: each by itself, then against the others and the stored orders. Imports contract, read and staging."""
