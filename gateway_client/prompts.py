"""A system prompt for an assistant, written by a model."""

from gateway_client.values import Message

INSTRUCTIONS = """You write system prompts for assistants that are built on large language models.
You are told what an assistant is for. Answer with its system prompt and nothing else: no title, no quotation marks, no
explanation. Address the assistant as "you". Say what it does, for whom, how it answers, what it must not do, and what
it does when it is not sure. Write plainly and no longer than needed. Invent no facts about people, products
or rules."""


def prompt_messages(purpose: str) -> list[Message]:
    """What to ask the model; `purpose` says in a person's words what the assistant is for."""
    return [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": purpose}]
