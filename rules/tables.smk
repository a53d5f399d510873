# Tables out of files: seconds, and no torch; on a cluster the host that submits makes them.
localrules:
    collect,
    image_sets,
    study,


rule collect:
    input:
        parts=parts_of_table,
    output:
        table="results/tables/{table}.parquet",
        markdown="results/tables/{table}.md",
        csv="results/tables/{table}.csv",
        html=report(
            "results/tables/{table}.html",
            caption="../docs/report/table.rst",
            category=paper_section_of_table,
            labels={"result": "{table}", "as": "table"},
        ),
    log:
        "results/logs/collect/{table}.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.table, "table"),
        code=code("collect"),
    message:
        "Table {wildcards.table}"
    script:
        "../workflow_scripts/collect.py"


rule image_sets:
    input:
        summaries=for_domains("results/domains/{domain}/summary.json"),
    output:
        rows="results/cells/image_sets/study.parquet",
    log:
        "results/logs/image_sets/study.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.image_sets),
        code=code("image_sets"),
    message:
        "Sizes of the image sets"
    script:
        "../workflow_scripts/image_sets.py"


rule study:
    output:
        config=report(
            "results/config.yaml",
            caption="../docs/report/study.rst",
            category=REPRODUCIBILITY,
        ),
        environment=report(
            "results/environment.json",
            caption="../docs/report/study.rst",
            category=REPRODUCIBILITY,
        ),
    log:
        "results/logs/study/study.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.everything),
        code=code("study"),
        versions=canonical_json(versions()),
    message:
        "The study as it was resolved, and what it ran on"
    script:
        "../workflow_scripts/study.py"


rule tables:
    input:
        for_tables("results/tables/{table}.parquet"),
