"""A folder of very many files costs time in proportion, and hardly more memory than a small one."""

import json
import subprocess
import sys
from pathlib import Path

MANY = Path(__file__).with_name("many.py")


def measured(*arguments: int) -> dict[str, float]:
    command = [sys.executable, str(MANY), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_five_thousand_files():
    few, many = measured(200), measured(5000)
    assert (many["files"], many["images"], many["rejected"]) == (5000, 4500, 500)
    assert many["peak_mb"] < few["peak_mb"] + 60
    assert many["import_sec"] < 60  # 3 s where nothing else runs


def test_a_sample_of_many_files_reads_no_more_than_it_needs():
    found = measured(3000, 200)
    assert found["images"] == 200
    assert found["rejected"] < 50
