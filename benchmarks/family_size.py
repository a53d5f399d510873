"""How long planning takes as a family grows: `snakemake -n` for 50, 150 and 500 models, every study of config.yaml.

    python benchmarks/family_size.py [50 150 500]
    python benchmarks/family_size.py --write 500 > family.yaml      the study alone, to plan it by hand

A tree is a root, 4 children and 16 grandchildren; a family has as many trees as it needs, and all studies of the
default study: real images are inverted in a root, a child and a grandchild of each tree, and translated between them;
one child of each root is adapted by a text.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ADAPTED = "painting_by_text"  # of config.yaml: how each tree's child c1 is made, whose domain is its too
NUM_CHILDREN, NUM_GRANDCHILDREN = 4, 4  # of a root, of each child
NEEDED = ("Snakefile", "rules", "workflow_scripts", "config.yaml", "docs", "profiles")


def family(num_models: int) -> dict[str, dict[str, Any]]:
    """Models of as many trees as it takes, each after its parent; roots of one domain differ in their seeds."""
    models: dict[str, dict[str, Any]] = {}
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    tree = 0
    while len(models) < num_models:
        models |= _tree(tree, list(default["domains"]), default["models"][ADAPTED]["adapt"])
        tree += 1
    return dict(list(models.items())[:num_models])


def _tree(number: int, domains: list[str], adapt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    root = f"r{number}"
    models = {root: {"domain": domains[0], "total_kimg": 1, "seed": number}}
    for child in range(NUM_CHILDREN):
        name = f"{root}_c{child}"
        models[name] = {"domain": domains[child % len(domains)], "parent": root, "total_kimg": 1}
        for place in range(NUM_GRANDCHILDREN):
            models[f"{name}_g{place}"] = {"domain": domains[place % len(domains)], "parent": name, "total_kimg": 1}
    models[f"{root}_c1"] = {"domain": domains[1], "parent": root, "adapt": adapt}
    return models


def study_of(num_models: int) -> dict[str, Any]:
    """The default study with another family."""
    study = yaml.safe_load((ROOT / "config.yaml").read_text())
    study["models"] = models = family(num_models)
    roots = [name for name in models if "_" not in name]
    chosen = [name for root in roots for name in (root, f"{root}_c0", f"{root}_c0_g0") if name in models]
    directions = [f"{root}2{root}_c0" for root in roots if f"{root}_c0" in models]
    studies = study["studies"]
    studies["inversion_quality"]["models"] = chosen
    by_text = [name for name in models if name.endswith("_c1")]
    domains = list(study["domains"])[:2]
    views = {name: {"models": [models[name]["parent"], name], "domains": domains} for name in by_text}
    studies["clip_space"]["views"] = views
    studies["encoder_finetune"]["models"] = [name for name in chosen if name.endswith("_g0")]
    questions = studies["zero_shot_classification"]["attributes"]  # children are of the root's domain: none changes
    studies["zero_shot_classification"]["attributes"] = {k: one for k, one in questions.items() if "child" not in one}
    for asked in studies.values():
        for key in ("directions", "morphs", "pairs"):
            if key in asked:
                asked[key] = directions
    return study


def plan(num_models: int, folder: Path) -> dict[str, float]:
    """Wall and CPU seconds, peak memory (GB) and jobs of `snakemake -n` in ``folder``."""
    (folder / "family.yaml").write_text(yaml.safe_dump(study_of(num_models), sort_keys=False))
    command = [Path(sys.executable).with_name("snakemake"), "-n", "--quiet", "rules", "--configfile", "family.yaml"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    with open(folder / "plan.txt", "w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    said = (folder / "plan.txt").read_text()
    found = re.findall(r"^total +(\d+)", said, re.MULTILINE)
    assert status == 0, said[-2000:]
    jobs = int(found[-1]) if found else 0
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "gb": usage.ru_maxrss / 2**20, "jobs": jobs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[50, 150, 500])
    parser.add_argument("--write", action="store_true", help="print the study instead")
    options = parser.parse_args()
    if options.write:
        print(yaml.safe_dump(study_of(options.sizes[0]), sort_keys=False))
        return
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            for one in NEEDED:
                source, target = ROOT / one, Path(name) / one
                shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
            seen = plan(size, Path(name))
        print(
            f"{size:>4} models: {seen['jobs']:>6.0f} jobs, {seen['wall']:>6.1f} s "
            f"({seen['cpu']:.1f} CPU seconds), {seen['gb']:.2f} GB at most"
        )


if __name__ == "__main__":
    main()
