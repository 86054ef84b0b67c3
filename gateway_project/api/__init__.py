"""The JSON API for people and their programs (Django REST Framework): /api/…

A view validates, calls one verb or selector of `metering`, and serialises; `views.py` says how to write one.
"""
