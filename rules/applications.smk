# What aligned models are good for: morphs, blends, zero-shot transfer.


rule morph:
    input:
        models=models_of_morph("results/models/{model}/g_ema.safetensors"),
        images=images_of_morph("results/domains/{image_set}/images.zip"),
        index=images_of_morph("results/domains/{image_set}/index.parquet"),
        codes=codes_of_morph,
        weights=weights_of("morph_smoothness"),
    output:
        rows="results/cells/morph_smoothness/{morph}.parquet",
        pictures="results/cells/morph_smoothness/{morph}.npz",
        videos=for_videos("results/videos/{morph}.{format}"),
    log:
        "results/logs/morph/{morph}.log",
    threads: 1
    resources:
        mem_mb=morph_memory,
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.morph, "morph"),
        code=code("morph"),
    message:
        "Morph {wildcards.morph}"
    script:
        "../workflow_scripts/morph.py"


rule blend_smoothness:
    input:
        models=of_blended("results/models/{model}/g_ema.safetensors"),
        weights=weights_of("blend_smoothness"),
    output:
        rows="results/cells/blend_smoothness/{pair}.parquet",
        pictures="results/cells/blend_smoothness/{pair}.npz",
    log:
        "results/logs/blend_smoothness/{pair}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.blend_smoothness, "pair"),
        code=code("blend_smoothness"),
    message:
        "Swap layers and interpolate weights, {wildcards.pair}"
    script:
        "../workflow_scripts/blend_smoothness.py"


rule image_reader:
    input:
        images=of_domain("results/domains/{domain}/images.zip"),
        index=of_domain("results/domains/{domain}/index.parquet"),
    output:
        reader="results/image_readers/{model}.safetensors",
        quality="results/image_readers/{model}.parquet",
    log:
        "results/logs/image_reader/{model}.log",
    benchmark:
        "results/benchmarks/image_reader/{model}.tsv"
    wildcard_constraints:
        model=any_of(application_plan.zero_shot_parents(study)),
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.image_reader, "model"),
        code=code("image_reader"),
    message:
        "Train a network on the images of {wildcards.model}, as a baseline"
    script:
        "../workflow_scripts/image_reader.py"


rule zero_shot_regression:
    input:
        models=of_both("results/models/{model}/g_ema.safetensors"),
        images=of_zero_shot_sides("results/domains/{domain}/images.zip"),
        index=of_zero_shot_sides("results/domains/{domain}/index.parquet"),
        encoders=encoders_of_zero_shot("zero_shot_regression"),
        boundaries=of_zero_shot_parent("results/boundaries/{model}.npz"),
        reader=of_zero_shot_parent("results/image_readers/{model}.safetensors"),
    output:
        rows="results/cells/zero_shot_regression/{direction}.parquet",
        pictures="results/cells/zero_shot_regression/{direction}.npz",
    log:
        "results/logs/zero_shot_regression/{direction}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.zero_shot_regression, "direction"),
        code=code("zero_shot_regression"),
    message:
        "Numbers of images by what is known of a relative's, {wildcards.direction}"
    script:
        "../workflow_scripts/zero_shot_regression.py"


rule zero_shot_classification:
    input:
        models=of_both("results/models/{model}/g_ema.safetensors"),
        images=of_zero_shot_sides("results/domains/{domain}/images.zip"),
        index=of_zero_shot_sides("results/domains/{domain}/index.parquet"),
        encoders=encoders_of_zero_shot("zero_shot_classification"),
        boundaries=of_zero_shot_parent("results/boundaries/{model}.npz"),
        reader=of_zero_shot_parent("results/image_readers/{model}.safetensors"),
    output:
        rows="results/cells/zero_shot_classification/{direction}.parquet",
        pictures="results/cells/zero_shot_classification/{direction}.npz",
    log:
        "results/logs/zero_shot_classification/{direction}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.zero_shot_classification, "direction"),
        code=code("zero_shot_classification"),
    message:
        "Yes or no of images by what is known of a relative's, {wildcards.direction}"
    script:
        "../workflow_scripts/zero_shot_classification.py"
