# Real images as codes: encoders, inversions in shards, what is lost on the way.
localrules:
    inversions,
    encoder_finetune,


rule encoder:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        images=of_domain("results/domains/{domain}/images.zip"),
        index=of_domain("results/domains/{domain}/index.parquet"),
        weights=weights_of_inversion("judge"),
        parent=start_of_encoder,
    output:
        encoder="results/encoders/{model}/{space}.{start}.safetensors",
        course="results/encoders/{model}/{space}.{start}.parquet",
    log:
        "results/logs/encoder/{model}.{space}.{start}.log",
    benchmark:
        "results/benchmarks/encoder/{model}.{space}.{start}.tsv"
    priority: 40
    threads: 1
    resources:
        mem_mb=inversion_memory("encoders"),
        runtime=minutes(240),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.encoder, "model", "space", "start"),
        code=code("encoder"),
    message:
        "Train an encoder of {wildcards.model} into {wildcards.space} ({wildcards.start} start)"
    script:
        "../workflow_scripts/encoder.py"


rule adopt_encoder:
    input:
        file=published_encoder,
        g_ema="results/models/{model}/g_ema.safetensors",
    output:
        encoder="results/encoders/{model}/{space}.published.safetensors",
    log:
        "results/logs/adopt_encoder/{model}.{space}.log",
    threads: 1
    resources:
        mem_mb=memory(6000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.published_encoder, "model", "space"),
        code=code("adopt_encoder"),
    message:
        "Take {input.file} as the encoder of {wildcards.model} into {wildcards.space}"
    script:
        "../workflow_scripts/adopt_encoder.py"


rule inversion:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        images="results/domains/{image_set}/images.zip",
        index="results/domains/{image_set}/index.parquet",
        regions=regions_of_image_set,
        encoder=encoder_of_method,
        weights=weights_of_inversion("judge"),
        regions_weights=weights_of_inversion("regions_judge"),
    output:
        codes="results/inversions/{model}/{image_set}.{method}/{shard}.parquet",
    log:
        "results/logs/inversion/{model}.{image_set}.{method}.{shard}.log",
    benchmark:
        "results/benchmarks/inversion/{model}.{image_set}.{method}.{shard}.tsv"
    threads: 1
    resources:
        mem_mb=inversion_memory("optimisation"),
        runtime=minutes(480),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.inversion, "model", "image_set", "method", "shard"),
        code=code("inversion"),
    message:
        "Invert {wildcards.image_set} in {wildcards.model} by {wildcards.method} (part {wildcards.shard})"
    script:
        "../workflow_scripts/inversion.py"


rule inversions:
    input:
        shards=of_inversion_shards("results/inversions/{model}/{image_set}.{method}/{shard}.parquet"),
    output:
        codes="results/inversions/{model}/{image_set}.{method}.parquet",
    log:
        "results/logs/inversions/{model}.{image_set}.{method}.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.inversions, "model", "image_set", "method"),
        code=code("inversions"),
    message:
        "Codes of {wildcards.image_set} in {wildcards.model} by {wildcards.method}"
    script:
        "../workflow_scripts/inversions.py"


rule inversion_quality:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        codes=of_inversions("results/inversions/{model}/{image_set}.{method}.parquet"),
        images=of_inverted_sets("results/domains/{image_set}/images.zip"),
        index=of_inverted_sets("results/domains/{image_set}/index.parquet"),
        weights=weights_of_inversion("judge"),
    output:
        rows="results/cells/inversion_quality/{model}.parquet",
        pictures="results/cells/inversion_quality/{model}.npz",
    log:
        "results/logs/inversion_quality/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.inversion_quality, "model"),
        code=code("inversion_quality"),
    message:
        "How well {wildcards.model} gives images back"
    script:
        "../workflow_scripts/inversion_quality.py"


rule encoder_finetune:
    input:
        courses=of_compared_encoders("results/encoders/{model}/{space}.{start}.parquet"),
    output:
        rows="results/cells/encoder_finetune/{model}.parquet",
    log:
        "results/logs/encoder_finetune/{model}.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.encoder_finetune, "model"),
        code=code("encoder_finetune"),
    message:
        "Encoders of {wildcards.model}: from its parent's and from none"
    script:
        "../workflow_scripts/encoder_finetune.py"


rule codes:
    input:
        for_inversions("results/inversions/{model}/{image_set}.{method}.parquet"),
