# What the rules of inversion and translation read, by what it belongs to. Beside common.smk, whose names it uses.
def inversion_memory(part):
    """What a batch asks for, of `optimisation` or of `encoders`."""

    def of(wildcards, attempt):
        batch_size = getattr(study.inversion, part).batch_size
        sizes = (study.resolution, batch_size, study.architecture.channel_base)
        return needs.mem_mb(needs.inversion_mem_mb(*sizes), attempt)

    return of


def translation_memory(comparison):
    """What the images of a direction's translations ask for, which are measured together."""

    def of(wildcards, attempt):
        num = inversion_plan.num_translated(study, wildcards.direction, comparison)
        return needs.mem_mb(needs.translation_mem_mb(num, study.resolution), attempt)

    return of


def for_directions(comparison, path):
    return expand(path, direction=inversion_plan.directions(study, comparison))


def start_of_encoder(wildcards):
    """The parent's encoder, where a child's starts from it."""
    parent = study.models[wildcards.model].parent
    if wildcards.start == "random":
        return []
    start = inversion_plan.encoder_start(study, parent, wildcards.space)
    return f"results/encoders/{parent}/{wildcards.space}.{start}.safetensors"


def published_encoder(wildcards):
    """The file of the encoder that the wildcard model takes over; only those that name one have it."""
    file = inversion_plan.published_encoder(study, wildcards.model, wildcards.space)
    if file is None:
        raise ConfigError(f"inversion.encoders.from.{wildcards.model}: names no encoder; name one")
    return str(file)


def encoder_of_method(wildcards):
    """The encoder that a method needs; none for optimisation."""
    space, _, way = wildcards.method.rpartition("_")
    start = inversion_plan.encoder_start(study, wildcards.model, space)
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
