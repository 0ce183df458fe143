"""From a CSV file to stored orders: read, validate, stage, load. Imports contract, db and campaigns."""
