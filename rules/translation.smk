# From one model to a relative: translations, references, textures.


def source_and_target(direction):
    return inversion_plan.split_direction(study, direction)


def of_both(path):
    """The files of a direction's source model and of its target model."""
    return lambda wildcards: expand(path, model=source_and_target(wildcards.direction))


def of_stranger(path):
    """The file of the root that is unrelated to a direction's source, if there is one."""

    def of(wildcards):
        stranger = inversion_plan.stranger(study, wildcards.direction)
        return [] if stranger is None else path.format(model=stranger)

    return of


def of_source_sets(path):
    """The files of the image sets that are translated."""

    def of(wildcards):
        source, _ = source_and_target(wildcards.direction)
        return expand(path, image_set=inversion_plan.inverted_sets(study, source))

    return of


def codes_of_sources(comparison):
    """The codes that are translated: set by set, in each by every method."""

    def of(wildcards):
        source, _ = source_and_target(wildcards.direction)
        sets, methods = inversion_plan.inverted_sets(study, source), inversion_plan.methods_of(study, comparison)
        return [f"results/inversions/{source}/{name}.{method}.parquet" for name in sets for method in methods]

    return of


def codes_of_references(wildcards):
    """The codes of images of the target's own domain."""
    _, target = source_and_target(wildcards.direction)
    methods = inversion_plan.methods_of(study, "reference_translation")
    return [f"results/inversions/{target}/{study.models[target].domain}.{method}.parquet" for method in methods]


def image_set_of_references(wildcards):
    """The images of the target's own domain, and their index."""
    _, target = source_and_target(wildcards.direction)
    domain, files = study.models[target].domain, ["images.zip", "index.parquet"]
    return expand("results/domains/{domain}/{file}", domain=domain, file=files)


def codes_of_textures(wildcards):
    source, _ = source_and_target(wildcards.direction)
    image_set = inversion_plan.inverted_sets(study, source)[0]
    return f"results/inversions/{source}/{image_set}.{study.studies.texture_translation.method}.parquet"


def of_target_domain(path):
    """The file of the target's own domain."""
    return lambda wildcards: path.format(domain=study.models[source_and_target(wildcards.direction)[1]].domain)


def weights_of_reader(comparison):
    """What the judge that reads the attributes of translations reads."""
    if getattr(study.studies, comparison) is None:
        return []
    name = inversion_plan.attributes_judge(study, comparison)
    return [] if name is None else weights_file(name)


def weights_of_diversity():
    """What the judge reads that tells how unlike the translations of one source are."""
    if study.studies.reference_translation is None:
        return []
    return weights_file(inversion_plan.diversity_judge(study))


def baselines_of_direction(wildcards):
    """The folders of other methods' images."""
    return list(inversion_plan.baselines(study, wildcards.direction).values())


def listing_of_baselines(wildcards):
    """Digest of what lies in those folders: Snakemake sees only their own time."""
    return listing_digest(*baselines_of_direction(wildcards))


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
