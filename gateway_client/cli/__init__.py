"""The command line `llm-gateway`. Nothing else loads it, nor the terminal's libraries that it needs.

`main` runs it and gives errors their exit codes, `app` names the commands, and `commands/` has a module for each group
of them. How an answer looks is decided in `answer`, and every text that comes from elsewhere goes through `clean`.
"""
