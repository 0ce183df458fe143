"""Where the rows of one load wait on disk until the load is committed. Imports contract."""
