# From images to a family of aligned generators, measured. `--configfile` names another study than config.yaml.
report: "docs/report/workflow.rst"


container: "docker://python:3.11-slim"  # with `--sdm apptainer` only


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
include: "rules/channels.smk"
include: "rules/directions.smk"
include: "rules/inversion.smk"
include: "rules/translation.smk"
include: "rules/applications.smk"
include: "rules/limits.smk"
include: "rules/adaptation.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"


onsuccess:
    print("Done: results/tables/ and results/figures/. `make report` or `snakemake --report` makes the report.")


onerror:
    print("Stopped. The failed jobs' logs are above and in results/logs/; the same command goes on where it was.")
