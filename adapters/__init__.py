"""The tasks: each is one kind of work behind metering's LLMAdapter port, spending through its allowance."""
