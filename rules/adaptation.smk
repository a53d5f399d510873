# Adaptation by text and by few images (StyleGAN-NADA), and what it leads to.


rule adapt:
    input:
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        parent_pair=of_parent("results/models/{parent}/pair.safetensors"),
        judges=weights_of_adapting,
        target=target_of_adapting,
    output:
        g_ema="results/models/{model}/g_ema.safetensors",
        pair="results/models/{model}/pair.safetensors",
        course="results/models/{model}/adaptation.parquet",
        cost="results/models/{model}/cost.parquet",
        samples="results/models/{model}/samples.npz",
    log:
        "results/logs/adapt/{model}.log",
    benchmark:
        "results/benchmarks/adapt/{model}.tsv"
    wildcard_constraints:
        model=any_of(name for name in study.adapted() if name not in adaptation_plan.kept_snapshots(study)),
    priority: training_priority
    threads: needs.training_threads(study.resolution, ON_GPU)
    resources:
        mem_mb=adaptation_memory,
        runtime=adaptation_minutes,
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.adapted_model, "model"),
        recipe=ADAPTATION_RECIPE,
    message:
        "Adapt {wildcards.model}"
    script:
        "../workflow_scripts/adapt.py"


use rule adapt as adapt_with_snapshots with:
    output:
        g_ema="results/models/{model}/g_ema.safetensors",
        pair="results/models/{model}/pair.safetensors",
        course="results/models/{model}/adaptation.parquet",
        cost="results/models/{model}/cost.parquet",
        samples="results/models/{model}/samples.npz",
        snapshots="results/models/{model}/snapshots.safetensors",
    wildcard_constraints:
        model=any_of(adaptation_plan.kept_snapshots(study)),


rule latent_mapper:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        weights=clips_of_model,
    output:
        mapper="results/mappers/{model}/mapper.safetensors",
        course="results/mappers/{model}/course.npz",
    log:
        "results/logs/latent_mapper/{model}.log",
    benchmark:
        "results/benchmarks/latent_mapper/{model}.tsv"
    threads: 1
    resources:
        mem_mb=mapper_memory,
        runtime=minutes(240),
        gpu=int(ON_GPU),
    params:
        spec=spec(ablation_slices.latent_mapper, "model"),
        code=code("latent_mapper"),
    message:
        "Train a latent mapper for {wildcards.model}"
    script:
        "../workflow_scripts/latent_mapper.py"


rule adaptation_ablation:
    input:
        parent="results/models/{model}/g_ema.safetensors",
        models=of_ablation("results/models/{model}/g_ema.safetensors"),
        mapper=mapper_of_ablation,
        features=features_of_ablation,
        weights=weights_of("adaptation_ablation"),
        clip_weights=weights_of_ablation_clip,
    output:
        rows="results/cells/adaptation_ablation/{model}.parquet",
        pictures="results/cells/adaptation_ablation/{model}.npz",
    log:
        "results/logs/adaptation_ablation/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(ablation_slices.adaptation_ablation, "model"),
        code=code("adaptation_ablation"),
    message:
        "What each part of adapting {wildcards.model} does"
    script:
        "../workflow_scripts/adaptation_ablation.py"


rule clip_directions:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        weights=clip_weights,
    output:
        directions="results/clip_directions/{model}.{clip}.npz",
    log:
        "results/logs/clip_directions/{model}.{clip}.log",
    threads: 1
    resources:
        mem_mb=memory_beside("clip", 2000),
        runtime=minutes(120),
        gpu=int(ON_GPU),
    params:
        spec=spec(ablation_slices.clip_directions, "model", "clip"),
        code=code("clip_directions"),
    message:
        "What each style channel of {wildcards.model} does as {wildcards.clip} sees it"
    script:
        "../workflow_scripts/clip_directions.py"


rule text_edits:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        directions="results/clip_directions/{model}.{clip}.npz",
        weights=clip_weights,
    output:
        rows="results/text_edits/{model}.{clip}.parquet",
    log:
        "results/logs/text_edits/{model}.{clip}.log",
    threads: 1
    resources:
        mem_mb=memory_beside("clip", 2000),
        runtime=minutes(10),
    params:
        spec=spec(ablation_slices.text_edits, "model", "clip"),
        code=code("text_edits"),
    message:
        "Channels of {wildcards.model} that do what texts say"
    script:
        "../workflow_scripts/text_edits.py"


rule global_directions:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        reference=of_text_edited("results/models/{model}/g_ema.safetensors"),
        edits=of_text_edited("results/text_edits/{model}.{clip}.parquet"),
        weights=weights_of("global_directions"),
        quality=quality_of("global_directions"),
    output:
        rows="results/cells/global_directions/{model}.parquet",
    log:
        "results/logs/global_directions/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(ablation_slices.global_directions, "model"),
        code=code("global_directions"),
    message:
        "What edits by text change in {wildcards.model}"
    script:
        "../workflow_scripts/global_directions.py"


include: "adapted_studies.smk"


rule adaptation:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        cost="results/models/{model}/cost.parquet",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        features=with_judge_of("adaptation", "results/features/models/{model}.{judge}.npz"),
        parent_features=of_parent(with_judge_of("adaptation", "results/features/models/{parent}.{judge}.npz")),
        domain_features=of_domain(with_judge_of("adaptation", "results/features/domains/{domain}.{judge}.npz")),
        weights=weights_of("adaptation"),
        clip_weights=weights_of_measuring_clip(),
        regions_weights=weights_of_measured_region(),
        target=target_of_adapting,
    output:
        rows="results/cells/adaptation/{model}.parquet",
    log:
        "results/logs/adaptation/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(5000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.adaptation, "model"),
        code=code("adaptation"),
    message:
        "How far {wildcards.model} came, and what it kept"
    script:
        "../workflow_scripts/adaptation.py"


include: "few_shot.smk"
