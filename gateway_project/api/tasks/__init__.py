"""Routes of the tasks: each does its work at once, as a stream of events, or as a job."""
