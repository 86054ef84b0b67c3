"""Runs jobs: Celery says when, the database who, and the gateway how."""
