"""Signals that ask a long job to stop: SIGTERM (schedulers), SIGINT (Ctrl-C), SIGUSR1 (early warning).

Two ways to answer. :func:`stop_on_signals` for a training, which has something to save: it is told and ends its step.
:func:`stop_at_once` for work that keeps each part as soon as it is finished: the part in hand is dropped, since it
may take longer than a scheduler waits.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

from stylealign.errors import InterruptedRun

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class StopRequest:
    """Whether, and by which signal, the job was asked to stop."""

    def __init__(self) -> None:
        self.signal_name = ""

    def __bool__(self) -> bool:
        return bool(self.signal_name)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Collect stop signals instead of dying of them; the previous handlers come back at the end."""
    request = StopRequest()

    def remember(number: int, frame: object) -> None:
        request.signal_name = signal.Signals(number).name

    with _answered_by(remember):
        yield request


@contextlib.contextmanager
def stop_at_once(what: str) -> Iterator[None]:
    """End the work within by :class:`InterruptedRun` when a stop signal comes; ``what`` is its name in the message."""

    def interrupt(number: int, frame: object) -> None:
        raise InterruptedRun(
            f"{what}: stopped by {signal.Signals(number).name}; what was finished is kept, the same command resumes"
        )

    with _answered_by(interrupt):
        yield


@contextlib.contextmanager
def _answered_by(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Stop signals to ``handler``; in any thread but the main one, which alone may choose, nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)
