"""Who may: sign-in, tokens, back-off, the budget of open lookups."""
