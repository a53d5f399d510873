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
