# From images to a family of aligned generators, measured: `snakemake` runs config.yaml,
# `snakemake --configfile presets/full.yaml` another study instead of it. The user's guide is in docs/.
from snakemake.utils import min_version

min_version("9.19")


report: "docs/report/workflow.rst"


# Used with `--sdm apptainer` only; otherwise jobs run in the environment that Snakemake runs in.
container: "docker://python:3.11-slim"


include: "rules/common.smk"


rule all:
    default_target: True
    input:
        "results/config.yaml",
        "results/environment.json",
        for_tables("results/tables/{table}.parquet"),
        for_figures("results/figures/{figure}.html"),


include: "rules/data.smk"
include: "rules/train.smk"
include: "rules/judge.smk"
include: "rules/analyse.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
