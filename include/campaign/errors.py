"""The two kinds of errors that the package raises for others to see: what people must change, and what passes by itself."""


class UserError(Exception):
    """Another try meets this again. The message says what is wrong and what a person should do."""


class TransientError(Exception):
    """Another try may succeed with nothing changed. The message says what was missing."""
