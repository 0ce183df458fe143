"""Reads a file as bytes, header and rows. Imports contract."""
