"""The contract of the input: columns, forms of numbers and times, and what became of a file.

Imports settings.
"""
