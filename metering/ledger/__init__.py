"""The transactional core: the writer batches commands, the PostgreSQL store carries them out, a pure engine decides."""
