"""Hostile pictures, folders and archives: each ends in the table of rejected files or in one clear line.

None crashes or writes outside the output folder, none takes much memory or long.
"""

import pytest
from expected import check_group


@pytest.mark.parametrize("group", ["pictures", "folders", "archives"])
def test_each_ends_as_it_should_and_cheaply(group):
    check_group(group)
