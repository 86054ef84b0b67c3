"""One search for static files in a whole test run.

Every `django.test.Client` loads the middleware anew, and WhiteNoise then examines every static file there is: most of
the time that a request through such a client takes.
"""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware


def search_static_files_once() -> None:
    """What the first middleware finds, those that follow serve as well."""
    search = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def add_found_files(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            search(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = add_found_files
