"""What the DAGs consist of: tasks, triggers, notices, the lease. Imports everything below it."""
