"""The contract of the input: columns, how numbers and times are written, and what became of a file. Imports settings and errors."""
