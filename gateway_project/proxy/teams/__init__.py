"""The Teams surface, `/llm/*`: the source documents' own protocol, in camelCase (docs/teams.md)."""
