"""Why a source is no picture.

RenderFailed
├── SourceRefused      it was not shown to the renderer
└── RenderStopped      the renderer was ended: too slow, too large, or it crashed
"""


class RenderFailed(Exception):
    """The renderer cannot draw this source; `message` is in its own words, `line` counts from 1 where it said one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}" if self.line else self.message


class SourceRefused(RenderFailed):
    """The source is too large, or names something outside itself."""


class RenderStopped(RenderFailed):
    """The renderer took too much time, memory or room, or it ended by itself."""


class RendererMissing(Exception):
    """The program that draws a language does not start on this machine."""
