"""Jobs: work of a task that goes on without its caller. The database says who works on one, not the broker."""
