"""The internal surface, `/internal/llm/*`, for an operator's own services (docs/internal.md)."""
