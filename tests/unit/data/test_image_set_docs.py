"""The user's guide lists every reason, ending and limit that the readers know."""

from pathlib import Path

from stylealign.data.decode import FORMATS, MAX_ENLARGEMENT, MAX_FILE_BYTES, MAX_PIXELS
from stylealign.data.rejection import Reason

GUIDE = (Path(__file__).parents[3] / "docs" / "image_sets.md").read_text(encoding="utf-8")


def test_every_reason_is_explained_and_no_other():
    listed = [
        line.split("`")[1]
        for line in GUIDE.split("## Why a file is rejected")[1].splitlines()
        if line.startswith("| `")
    ]
    assert listed == [str(reason) for reason in Reason]


def test_formats_and_limits_are_those_of_the_code():
    assert all(file_format.lower() in GUIDE.lower() for file_format in FORMATS)
    assert f"more than {MAX_PIXELS // 10**6} megapixels, or more than {MAX_FILE_BYTES // 2**20} MiB" in GUIDE
    assert MAX_ENLARGEMENT == 2
    assert "enlarged more than twofold" in GUIDE
