# From one model to a relative: translations, references, textures.
rule translation:
    input:
        models=of_both("results/models/{model}/g_ema.safetensors"),
        stranger=of_stranger("results/models/{model}/g_ema.safetensors"),
        images=of_source_sets("results/domains/{image_set}/images.zip"),
        index=of_source_sets("results/domains/{image_set}/index.parquet"),
        codes=codes_of_sources("translation"),
        real=of_target_domain(with_judge_of("translation", "results/features/domains/{domain}.{judge}.npz")),
        weights=weights_of("translation"),
        reader=weights_of_reader("translation"),
        baselines=baselines_of_direction,
    output:
        rows="results/cells/translation/{direction}.parquet",
        pictures="results/cells/translation/{direction}.npz",
    log:
        "results/logs/translation/{direction}.log",
    threads: 1
    resources:
        mem_mb=translation_memory("translation"),
        runtime=minutes(120),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.translation, "direction"),
        code=code("translation"),
        listing=listing_of_baselines,
    message:
        "Translate {wildcards.direction}"
    script:
        "../workflow_scripts/translation.py"


rule reference_translation:
    input:
        models=of_both("results/models/{model}/g_ema.safetensors"),
        images=of_source_sets("results/domains/{image_set}/images.zip"),
        index=of_source_sets("results/domains/{image_set}/index.parquet"),
        codes=codes_of_sources("reference_translation"),
        references=codes_of_references,
        reference_set=image_set_of_references,
        real=of_target_domain(with_judge_of("reference_translation", "results/features/domains/{domain}.{judge}.npz")),
        weights=weights_of("reference_translation"),
        reader=weights_of_reader("reference_translation"),
        diversity=weights_of_diversity(),
    output:
        rows="results/cells/reference_translation/{direction}.parquet",
        pictures="results/cells/reference_translation/{direction}.npz",
    log:
        "results/logs/reference_translation/{direction}.log",
    threads: 1
    resources:
        mem_mb=translation_memory("reference_translation"),
        runtime=minutes(240),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.reference_translation, "direction"),
        code=code("reference_translation"),
    message:
        "Translate {wildcards.direction}, with the style of references"
    script:
        "../workflow_scripts/reference_translation.py"


rule texture_translation:
    input:
        models=of_both("results/models/{model}/g_ema.safetensors"),
        images=of_source_sets("results/domains/{image_set}/images.zip"),
        index=of_source_sets("results/domains/{image_set}/index.parquet"),
        codes=codes_of_textures,
    output:
        pictures="results/cells/texture_translation/{direction}.npz",
    log:
        "results/logs/texture_translation/{direction}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.texture_translation, "direction"),
        code=code("texture_translation"),
    message:
        "Translate {wildcards.direction}, with random styles"
    script:
        "../workflow_scripts/texture_translation.py"
