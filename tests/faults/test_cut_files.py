"""Files that were cut short or altered: their readers refuse them in one line, or skip a cache's; none is half read.

Each kind is cut at a dozen places and has one bit flipped at many. What is read must be, to the last bit, what was
written, or nothing: a flip in a date or in padding changes nothing that is read, and may pass.
"""

import logging
import random

import pytest

from stylealign.errors import StyleAlignError

FLIPS = 60


def cuts(size):
    """Lengths that a file may be cut to: nothing, a header, half, all but a byte."""
    return sorted(
        {0, 1, 4, 8, 64, size // 4, size // 2, 3 * size // 4, size - 64, size - 8, size - 1} & set(range(size))
    )


def flipped(content, position, bit):
    altered = bytearray(content)
    altered[position] ^= 1 << bit
    return bytes(altered)


def flips(content, seed):
    """One bit each: anywhere, and among the last bytes, where archives and tables keep their contents' places."""
    chance = random.Random(seed)
    tail = max(len(content) - 400, 0)
    places = [chance.randrange(len(content)) for _ in range(FLIPS)]
    places += [chance.randrange(tail, len(content)) for _ in range(FLIPS // 2)]
    return [flipped(content, place, chance.randrange(8)) for place in places]


def read_or_line(kind, path):
    """What a reader gives, and the error of ours that it raises; any other error is the test's failure."""
    try:
        return kind.read(path), ""
    except StyleAlignError as error:
        return None, str(error)


class Outcomes:
    """How a reader took a number of damaged files."""

    def __init__(self, kind, path, expected, digest_of):
        self.kind, self.path, self.expected, self.digest_of = kind, path, expected, digest_of
        self.refused = self.skipped = self.equal = 0

    def add(self, content, caplog):
        """Read a damaged file; anything but a line of the tree, a warning, or the very contents is a failure."""
        self.path.write_bytes(content)
        caplog.clear()
        value, line = read_or_line(self.kind, self.path)
        if line:
            assert "\n" not in line
            assert self.path.parent.name in line
            self.refused += 1
        elif value is None:
            assert any(record.levelno >= logging.WARNING for record in caplog.records)
            self.skipped += 1
        else:
            assert self.digest_of(value) == self.expected
            self.equal += 1


@pytest.fixture
def outcomes(kind, tmp_path, digest_of):
    path = tmp_path / kind.name.replace(" ", "_") / kind.file
    kind.write(path)
    return Outcomes(kind, path, digest_of(kind.read(path)), digest_of)


def test_a_file_cut_short_is_never_read(outcomes, caplog):
    content = outcomes.path.read_bytes()
    for size in cuts(len(content)):
        outcomes.add(content[:size], caplog)
    assert outcomes.equal == 0
    assert outcomes.refused + outcomes.skipped >= 8


def test_a_flipped_bit_is_never_read_as_something_else(outcomes, caplog):
    content = outcomes.path.read_bytes()
    for altered in flips(content, outcomes.kind.name):
        outcomes.add(altered, caplog)
    assert outcomes.refused + outcomes.skipped > 0
    print(f"{outcomes.kind.name}: {outcomes.refused} refused, {outcomes.skipped} skipped, {outcomes.equal} read equal")


def test_a_missing_file_is_one_line(outcomes):
    outcomes.path.unlink()
    value, line = read_or_line(outcomes.kind, outcomes.path)
    assert value is None
    assert "\n" not in line
