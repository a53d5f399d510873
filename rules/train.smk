rule train:
    input:
        images=of_domain("results/domains/{domain}/images.zip"),
        index=of_domain("results/domains/{domain}/index.parquet"),
        parent_pair=of_parent("results/models/{parent}/pair.safetensors"),
        parent_card=of_parent("results/models/{parent}/g_ema.safetensors"),
    output:
        g_ema="results/models/{model}/g_ema.safetensors",
        pair="results/models/{model}/pair.safetensors",
        ticks="results/models/{model}/ticks.parquet",
        cost="results/models/{model}/cost.parquet",
        samples="results/models/{model}/samples.npz",
    log:
        "results/logs/train/{model}.log",
    benchmark:
        "results/benchmarks/train/{model}.tsv"
    wildcard_constraints:
        model=any_of(name for name in study.trained() if name not in plan.snapshotted(study)),
    priority: training_priority
    threads: needs.training_threads(study.resolution, ON_GPU) * PROCESSES
    resources:
        **SHARED,
        mem_mb=training_memory,
        runtime=training_minutes,
    params:
        spec=spec(slices.training, "model"),
        recipe=RECIPE,
    message:
        "Train {wildcards.model}"
    script:
        "../workflow_scripts/train.py"


use rule train as train_with_snapshots with:
    output:
        g_ema="results/models/{model}/g_ema.safetensors",
        pair="results/models/{model}/pair.safetensors",
        ticks="results/models/{model}/ticks.parquet",
        cost="results/models/{model}/cost.parquet",
        samples="results/models/{model}/samples.npz",
        snapshots="results/models/{model}/snapshots.safetensors",
    wildcard_constraints:
        model=any_of(plan.snapshotted(study)),


rule adopt:
    input:
        checkpoint=checkpoint_of_model,
        pair=pair_beside_checkpoint,
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
    output:
        g_ema="results/models/{model}/g_ema.safetensors",
        pair="results/models/{model}/pair.safetensors",
        ticks="results/models/{model}/ticks.parquet",
        cost="results/models/{model}/cost.parquet",
        samples="results/models/{model}/samples.npz",
    log:
        "results/logs/adopt/{model}.log",
    wildcard_constraints:
        model=any_of(study.adopted()),
    threads: 1
    resources:
        mem_mb=memory(3500),
        runtime=minutes(30),
    params:
        spec=spec(slices.adoption, "model"),
        recipe=RECIPE,
    message:
        "Adopt {input.checkpoint} as {wildcards.model}"
    script:
        "../workflow_scripts/adopt.py"


rule models:
    input:
        for_models("results/models/{model}/g_ema.safetensors"),
