"""The transactional core: commands, a pure engine, the PostgreSQL store, the batching writer, the audit."""
