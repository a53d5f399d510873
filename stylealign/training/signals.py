"""Signals that ask a long job to save and stop: SIGTERM (schedulers), SIGINT (Ctrl-C), SIGUSR1 (early warning)."""

import contextlib
import signal
import threading
from collections.abc import Iterator

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
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def remember(number: int, frame: object) -> None:
        request.signal_name = signal.Signals(number).name

    previous = {number: signal.signal(number, remember) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
