# Real images as codes: encoders, inversions in shards, what is lost on the way.
def start_of_encoder(wildcards):
    """The parent's encoder, where a child's starts from it."""
    parent = study.models[wildcards.model].parent
    if wildcards.start == "random":
        return []
    start = inversion_plan.encoder_start(study, parent)
    return f"results/encoders/{parent}/{wildcards.space}.{start}.safetensors"


def encoder_of_method(wildcards):
    """The encoder that a method needs; none for optimisation."""
    space, _, way = wildcards.method.rpartition("_")
    start = inversion_plan.encoder_start(study, wildcards.model)
    return f"results/encoders/{wildcards.model}/{space}.{start}.safetensors" if way == "enc" else []


def regions_of_image_set(wildcards):
    """The known regions of an image set, where somebody can find them in reconstructions."""
    return "results/domains/{image_set}/regions.npz" if inversion_plan.regions_judge(study) else []


def weights_of_inversion(who):
    """What a judge of inversion reads: `judge` compares images, `regions_judge` finds regions."""
    if not inversion_plan.inverts(study):
        return []
    name = inversion_plan.regions_judge(study) if who == "regions_judge" else study.inversion.judge
    return [] if name is None else weights_file(name)


def of_inversion_shards(path):
    """The files of an inversion's shards."""

    def of(wildcards):
        return expand(path, **wildcards, shard=inversion_plan.inversion_shards(study, wildcards.image_set))

    return of


def of_inversions(path):
    """The files of all that is inverted in the wildcard model."""

    def of(wildcards):
        pairs = inversion_plan.inversions(study, wildcards.model)
        return [path.format(model=wildcards.model, image_set=name, method=method) for name, method in pairs]

    return of


def for_inversions(path):
    """The files of all that is inverted in any model."""
    return [
        path.format(model=model, image_set=name, method=method)
        for model in inversion_plan.inverted_models(study)
        for name, method in inversion_plan.inversions(study, model)
    ]


def of_inverted_sets(path):
    """The files of the image sets that are inverted in the wildcard model."""
    return lambda wildcards: expand(path, image_set=inversion_plan.inverted_sets(study, wildcards.model))


def of_compared_encoders(path):
    """The courses of the wildcard child's encoders, from either start."""
    spaces = study.studies.encoder_finetune.spaces if study.studies.encoder_finetune else []
    return lambda wildcards: expand(path, model=wildcards.model, space=spaces, start=["parent", "random"])


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
        mem_mb=memory(3000),
        runtime=minutes(240),
        gpu=int(ON_GPU),
    params:
        spec=spec(inversion_slices.encoder, "model", "space", "start"),
        code=code("encoder"),
    message:
        "Train an encoder of {wildcards.model} into {wildcards.space} ({wildcards.start} start)"
    script:
        "../workflow_scripts/encoder.py"


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
        mem_mb=memory(3000),
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
