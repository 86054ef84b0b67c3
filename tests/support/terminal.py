"""A real terminal: a program in a pseudo-terminal, and the screen that a terminal would show of what it writes."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

from launcher.process import wait_until

PATIENCE_S = 60.0
READ_S = 0.05
CHUNK = 65_536


class Terminal:
    """`with Terminal([...], env=…) as terminal: terminal.wait_for("done")`. What still runs at the end is ended."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: dict[str, str],
        folder: Path,
        columns: int = 100,
        lines: int = 40,
    ) -> None:
        self.written = ""
        """All that the program has sent."""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        program, *arguments = command
        self._child = pexpect.spawn(
            program,
            arguments,
            env={**env, "TERM": "xterm-256color"},
            cwd=str(folder),
            dimensions=(lines, columns),
            encoding="utf-8",
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """What the screen shows, without empty ends."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def colour_of(self, text: str) -> str:
        """The colour of the first place where a line of the screen has this text; `default` for none."""
        for number, line in enumerate(self._screen.display):
            if (place := line.find(text)) >= 0:
                return str(self._screen.buffer[number][place].fg)
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    def wait_for(self, text: str) -> None:
        """Until the screen shows it, while the program runs."""
        assert wait_until(lambda: self._shows(text), PATIENCE_S), f"never {text!r}:\n{self.text}"

    def wait_until_written(self, count: int) -> None:
        """Until the program has sent so many characters."""
        assert wait_until(lambda: self._read() and len(self.written) >= count, PATIENCE_S), self.text

    def type(self, text: str) -> None:
        self._child.send(text)

    def press_ctrl_c(self) -> None:
        self._child.sendintr()

    def press_ctrl_d(self) -> None:
        self._child.sendeof()

    def finish(self) -> int:
        """The exit code, once the program has ended by itself."""
        assert wait_until(lambda: not self._read(), PATIENCE_S), f"does not end:\n{self.text}"
        self._child.close()
        assert self._child.exitstatus is not None, f"ended by signal {self._child.signalstatus}"
        return int(self._child.exitstatus)

    def _shows(self, text: str) -> bool:
        goes_on = self._read()
        assert goes_on or text in self.text, f"ended without {text!r}:\n{self.text}"
        return text in self.text

    def _read(self) -> bool:
        """Whether the program goes on."""
        with suppress(pexpect.TIMEOUT):
            try:
                told = self._child.read_nonblocking(CHUNK, READ_S)
            except pexpect.EOF:
                return False
            self.written += told
            self._stream.feed(told)
        return True
