"""What the cache has to know of each wire protocol: a file for each, and nothing of them anywhere else."""
