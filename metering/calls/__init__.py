"""The parts of a metered call that LLMGateway puts together: values, knowledge, admission, the pipe to the caller."""
