"""Rate limits: token buckets, shared through Redis, and kept by each process while Redis is away."""
