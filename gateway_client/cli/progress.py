"""How far a task is, on standard error: a bar that moves on a terminal, a line for each step elsewhere."""

from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway_client.cli.answer import err
from gateway_client.cli.clean import clean


class Steps:
    """`with Steps("…") as steps: steps.tell("reading", 40)`."""

    def __init__(self, what: str) -> None:
        self._shown: Progress | None = None
        if err().is_terminal:
            self._shown = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(20),
                TextColumn("{task.percentage:>3.0f}%"),
                TimeElapsedColumn(),
                console=err(),
                transient=True,
            )
            self._task = self._shown.add_task(clean(what), total=100)

    def __enter__(self) -> "Steps":
        if self._shown is not None:
            self._shown.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown is not None:
            self._shown.stop()

    def tell(self, text: str, percent: float | None = None) -> None:
        """One step. Without a percentage the bar stays where it is."""
        text = clean(text)
        if self._shown is None:
            err().print(text)
        elif percent is None:
            self._shown.update(self._task, description=text)
        else:
            self._shown.update(self._task, description=text, completed=percent)
