"""What a person reads of a page: its text, and what stands in its fields."""

from html.parser import HTMLParser

READ = frozenset({"value", "placeholder", "title", "aria-label", "alt"})
UNREAD = frozenset({"script", "style", "template", "noscript"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNREAD:
            self.depth += 1
        hidden = (
            tag == "option"
            or given.get("type") in {"hidden", "checkbox", "radio", "submit"}
            or tag == "button"
        )
        read = READ - {"value"} if hidden else READ
        if not self.depth:
            self.words += [text for name, text in given.items() if name in read and text]

    def handle_endtag(self, tag: str) -> None:
        if tag in UNREAD:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if not self.depth and data.strip():
            self.words.append(data.strip())


def visible(html: str) -> str:
    """Line by line, without scripts, addresses and hidden fields."""
    reader = _Reader()
    reader.feed(html)
    return "\n".join(reader.words)
