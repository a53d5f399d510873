"""What happens to a training from outside: a signal, a power cut."""

import logging
from contextlib import contextmanager

import pytest


class AtStep(logging.Handler):
    """Does something the first time the log says that a step was reached."""

    def __init__(self, step: int, action):
        super().__init__()
        self.step, self.action = step, action

    def emit(self, record: logging.LogRecord) -> None:
        if f"step {self.step} of" in record.getMessage() and self.action is not None:
            action, self.action = self.action, None
            action()


@pytest.fixture
def at_step():
    """Has an action done when the log of a training says that a step was reached."""
    logger, handlers = logging.getLogger("stylealign.training"), []
    logger.setLevel(logging.INFO)

    def install(step: int, action) -> None:
        handlers.append(AtStep(step, action))
        logger.addHandler(handlers[-1])

    yield install
    for handler in handlers:
        logger.removeHandler(handler)


class PowerCut(Exception):
    """Nothing gets a chance to save."""


def cut() -> None:
    raise PowerCut


@pytest.fixture
def cut_at(at_step):
    """A block in which the power is cut at a step: it ends there, as if by a kill."""

    @contextmanager
    def block(step: int):
        at_step(step, cut)
        with pytest.raises(PowerCut):
            yield

    return block
