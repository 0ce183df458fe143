"""A Spark on loopback to try the engine with."""
