"""OpenAI's Responses protocol, for vendors that only know chat completions."""
