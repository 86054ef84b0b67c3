"""The metering domain library: who may spend what on LLM calls, and what they spent.

Import it from any Django project: it knows no HTTP framework and no vendor.
"""
