"""Anthropic's Messages protocol, as callers speak it: to chat and back, for vendors that do not speak it themselves."""
