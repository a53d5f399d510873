# What adapted models are worth: quality and diversity, CLIP's space, edits that carry over.


rule quality_diversity:
    input:
        models=of_diversity_domain("results/models/{model}/g_ema.safetensors"),
        features=of_diversity_domain("results/features/models/{model}.{judge}.npz"),
        real=with_judge_of("quality_diversity", "results/features/domains/{domain}.{judge}.npz"),
        images="results/domains/{domain}/images.zip",
        index="results/domains/{domain}/index.parquet",
        weights=weights_of("quality_diversity"),
    output:
        rows="results/cells/quality_diversity/{domain}.parquet",
    log:
        "results/logs/quality_diversity/{domain}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.quality_diversity, "domain"),
        code=code("quality_diversity"),
    message:
        "Quality and diversity beside {wildcards.domain}"
    script:
        "../workflow_scripts/quality_diversity.py"


rule clip_space:
    input:
        models=of_view("models", "results/models/{name}/g_ema.safetensors"),
        images=of_view("domains", "results/domains/{name}/images.zip"),
        index=of_view("domains", "results/domains/{name}/index.parquet"),
        weights=clip_of_space(),
    output:
        rows="results/cells/clip_space/{view}.parquet",
        pictures="results/cells/clip_space/{view}.npz",
    log:
        "results/logs/clip_space/{view}.log",
    threads: 1
    resources:
        mem_mb=memory(3000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.clip_space, "view"),
        code=code("clip_space"),
    message:
        "Where a CLIP sees images and texts, {wildcards.view}"
    script:
        "../workflow_scripts/clip_space.py"


rule edits_across_domains:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        codes=of_edited_images("results/inversions/{parent}/{image_set}.{method}.parquet"),
        images=of_edited_images("results/domains/{image_set}/images.zip"),
        index=of_edited_images("results/domains/{image_set}/index.parquet"),
        channels=of_parent("results/cells/channel_effects/{parent}.parquet"),
        boundaries=of_parent("results/boundaries/{parent}.npz"),
        weights=weights_of("edits_across_domains"),
        quality=quality_of("edits_across_domains"),
    output:
        rows="results/cells/edits_across_domains/{model}.parquet",
        pictures="results/cells/edits_across_domains/{model}.npz",
    log:
        "results/logs/edits_across_domains/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.edits_across_domains, "model"),
        code=code("edits_across_domains"),
    message:
        "Images and edits of a parent in {wildcards.model}"
    script:
        "../workflow_scripts/edits_across_domains.py"
