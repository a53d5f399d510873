"""The table of docs/reliability.md: every hostile case attempted, counted by kind.

python tests/hostile/summary.py            the table
python tests/hostile/summary.py --all      a line for each case
python tests/hostile/summary.py configs    one group of: pictures folders archives configs checkpoints
"""

import sys

from cases import run_group, table

GROUPS = ("pictures", "folders", "archives", "configs", "checkpoints")


def main(*arguments: str) -> None:
    groups = [name for name in GROUPS if name in arguments] or GROUPS
    found = {name: run_group(name) for name in groups}
    for outcomes in found.values():
        for one in outcomes:
            if "--all" in arguments or not one.is_as_expected:
                mark = " " if one.is_as_expected else "!"
                print(f"{mark} {one.kind}/{one.name}: {one.ended} in {one.seconds:.2f} s, {one.memory_mb:.0f} MB: "
                      f"{one.line[:300]} {' '.join(one.wrong)}")  # fmt: skip
    print(table(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
