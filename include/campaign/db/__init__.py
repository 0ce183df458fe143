"""MySQL: connections, locks, tables that are kept, LOAD DATA. Imports settings and errors."""
