"""What a job makes of SIGTERM, SIGINT and SIGUSR1: it ends its step and is told, or drops what it has in hand."""

import os
import signal
import threading
import time

import pytest

from stylealign.errors import InterruptedRun
from stylealign.signals import SIGNALS, stop_at_once, stop_on_signals


@pytest.mark.parametrize("number", SIGNALS)
def test_a_request_is_remembered_and_the_work_goes_on(number):
    before = [signal.getsignal(one) for one in SIGNALS]
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        time.sleep(0)
        assert stop
        assert stop.signal_name == signal.Signals(number).name
    assert [signal.getsignal(one) for one in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_work_in_parts_ends_at_once_and_says_how_to_go_on(number):
    before = [signal.getsignal(one) for one in SIGNALS]
    line = rf"^codes: stopped by {signal.Signals(number).name}; what was finished is kept, the same command resumes$"
    with pytest.raises(InterruptedRun, match=line):
        work_in_parts(number)
    assert [signal.getsignal(one) for one in SIGNALS] == before


def test_a_thread_has_no_say_in_signals():
    outcomes = []

    def work():
        with stop_on_signals() as stop, stop_at_once("codes"):
            outcomes.append(bool(stop))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outcomes == [False]


def work_in_parts(number):
    with stop_at_once("codes"):
        os.kill(os.getpid(), number)
        time.sleep(10)
