"""Where a vendor's API begins."""

from yarl import URL


def base_of(base_url: str, default: str = "", *, version: str) -> str:
    """The base URL with the version of the API at its end, whether or not somebody wrote it there; one that has a path
    stays as it is.
    """
    base = (base_url or default).rstrip("/")
    try:
        has_path = URL(base).path.strip("/") != ""
    except ValueError:
        has_path = True
    return base if has_path or not version else f"{base}/{version}"
