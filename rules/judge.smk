# Fetched where one submits: other hosts of a cluster seldom reach the internet.
localrules:
    judge_weights,


rule judge:
    input:
        images=labelled("results/domains/{domain}/images.zip"),
        index=labelled("results/domains/{domain}/index.parquet"),
        regions=labelled("results/domains/{domain}/regions.npz"),
    output:
        judge="results/judges/{judge}/judge.safetensors",
        quality="results/judges/{judge}/quality.parquet",
    log:
        "results/logs/judge/{judge}.log",
    benchmark:
        "results/benchmarks/judge/{judge}.tsv"
    wildcard_constraints:
        judge=any_of(name for name, judge in study.judges.items() if judge.kind == "embedded"),
    priority: 50
    threads: 1
    resources:
        mem_mb=judge_memory,
        runtime=minutes(120),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.judge_training, "judge"),
        code=code("judge"),
    message:
        "Train the judge {wildcards.judge}"
    script:
        "../workflow_scripts/judge.py"


rule judge_weights:
    output:
        weights="results/judges/{judge}/weights",
    log:
        "results/logs/judge_weights/{judge}.log",
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(60),
    params:
        spec=spec(slices.judge_weights, "judge"),
        code=code("judge_weights"),
    message:
        "Fetch the weights of the judge {wildcards.judge}"
    script:
        "../workflow_scripts/judge_weights.py"


rule domain_features:
    input:
        images="results/domains/{domain}/images.zip",
        index="results/domains/{domain}/index.parquet",
        weights=weights,
    output:
        features="results/features/domains/{domain}.{judge}.npz",
    log:
        "results/logs/domain_features/{domain}.{judge}.log",
    benchmark:
        "results/benchmarks/domain_features/{domain}.{judge}.tsv"
    threads: 1
    resources:
        mem_mb=memory_beside("judge", 2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.domain_features, "domain", "judge"),
        code=code("domain_features"),
    message:
        "Judge the images of {wildcards.domain} by {wildcards.judge}"
    script:
        "../workflow_scripts/domain_features.py"


rule model_features:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        weights=weights,
    output:
        features="results/features/models/{model}.{judge}.npz",
    log:
        "results/logs/model_features/{model}.{judge}.log",
    benchmark:
        "results/benchmarks/model_features/{model}.{judge}.tsv"
    threads: 1
    resources:
        mem_mb=memory_beside("judge", 2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.model_features, "model", "judge"),
        code=code("model_features"),
    message:
        "Judge images of the model {wildcards.model} by {wildcards.judge}"
    script:
        "../workflow_scripts/model_features.py"


rule judges:
    input:
        for_judges("results/judges/{judge}/quality.parquet"),


include: "clip.smk"
