# Look-ups of the applications and limits: morphs, blends, zero-shot transfer, locality, resolution, return.
from stylealign.config import application_plan, application_slices
from stylealign.columns import APPLICATIONS, LIMITS


def models_of_morph(path):
    """The files of the models on a morph's way, in its order."""
    return lambda wildcards: expand(path, model=application_plan.models_on_way(study, wildcards.morph))


def images_of_morph(path):
    """The files of the image sets that are morphed; none where random z are."""
    return lambda wildcards: expand(path, image_set=application_plan.morphed_sets(study, wildcards.morph))


def codes_of_morph(wildcards):
    """The codes of those images, each found in its own model."""
    models, sets = (
        of(study, wildcards.morph) for of in (application_plan.models_on_way, application_plan.morphed_sets)
    )
    method = application_plan.morphing(study).method
    pairs = zip(models, sets) if sets else []
    return [f"results/inversions/{model}/{name}.{method}.parquet" for model, name in pairs]


def for_videos(path):
    """A morph's file in each format."""
    return expand(path, format=application_plan.video_formats(study), allow_missing=True)


def morph_memory(wildcards, attempt):
    """The frames of a video are held at once, and once more as they are enlarged."""
    asked = application_plan.morphing(study)
    num = 3 * asked.num_frames * asked.num_shown
    return needs.mem_mb(needs.translation_mem_mb(num, max(study.resolution, 128)), attempt)


def lower_memory(wildcards, attempt):
    """The parent's images are held at once, and once more as they are reduced."""
    num = 2 * study.studies.resolution_alignment.num_z
    return needs.mem_mb(needs.translation_mem_mb(num, study.resolution), attempt)


def for_morphs(path):
    return expand(path, morph=application_plan.morphs(study))


def played_videos():
    """The video of each morph that the report plays."""
    formats = application_plan.video_formats(study)
    return expand("results/videos/{morph}.{format}", morph=application_plan.morphs(study), format=formats[:1])


wildcard_constraints:
    pair=any_of(application_plan.blends(study)),
    returned=any_of(application_plan.returned(study)),


def for_blends(path):
    return expand(path, pair=application_plan.blends(study))


def of_blended(path):
    """The files of a pair's two models, the first first."""
    return lambda wildcards: expand(path, model=application_plan.blended(study, wildcards.pair))


def for_returned(path):
    return expand(path, returned=application_plan.returned(study))


def of_return(who, path):
    """The files of those that a model which returned is compared with: `ancestor`, `through` or `controls`."""

    def of(wildcards):
        names = getattr(application_plan.return_of(study, wildcards.returned), who)
        return expand(path, model=names)

    return of


def of_returned_edits(path):
    """The file of its ancestor that edits are made of, where any are asked."""
    asked = study.studies.return_alignment
    return of_return("ancestor", path) if asked is not None and asked.edits else []


def weights_of_returned_reader():
    """What the judge reads that reads attributes of models that returned."""
    name = application_plan.attributes_reader(study)
    return [] if name is None else weights_file(name)


def quality_of_returned_reader():
    """How well that judge reads images, where it is trained here."""
    name = application_plan.attributes_reader(study)
    return [] if name is None else quality_file(name)


def made_tables(*tables):
    """Those of some tables that the study makes: a figure's own, and others that it reads beside."""
    return for_tables("results/tables/{table}.parquet", [table for table in tables if table in plan.tables(study)])


def of_zero_shot_sides(path):
    """The files of the parent's domain and of the child's."""

    def of(wildcards):
        models = source_and_target(wildcards.direction)
        return [path.format(domain=study.models[model].domain) for model in models]

    return of


def encoders_of_zero_shot(comparison):
    """The encoders of parent and child into the comparison's space."""

    def of(wildcards):
        space = application_plan.zero_shot(study, comparison).space
        models = source_and_target(wildcards.direction)
        starts = [inversion_plan.encoder_start(study, model, space) for model in models]
        return [f"results/encoders/{model}/{space}.{start}.safetensors" for model, start in zip(models, starts)]

    return of


def of_zero_shot_parent(path):
    """The file of the parent, whose labels are used."""
    return lambda wildcards: path.format(model=source_and_target(wildcards.direction)[0])


def examples_of_zero_shot():
    """The pictures of all zero-shot comparisons."""
    cells = application_plan.zero_shot_examples(study)
    return [f"results/cells/{comparison}/{direction}.npz" for comparison, direction in cells]


def snapshots_file(model):
    """The snapshots of a model's training, where any are kept."""
    return f"results/models/{model}/snapshots.safetensors" if model in plan.snapshotted(study) else []


def snapshots_of_model(wildcards):
    return snapshots_file(wildcards.model)


def of_scratch(path):
    """The file of the root of the wildcard model's domain and resolution, if there is one."""

    def of(wildcards):
        scratch = application_plan.scratch_of(study, wildcards.model)
        return [] if scratch is None else path.format(model=scratch)

    return of


def snapshots_of_scratch(wildcards):
    scratch = application_plan.scratch_of(study, wildcards.model)
    return [] if scratch is None else snapshots_file(scratch)


def weights_of_resolution_reader():
    """What the judge reads that reads attributes of models of a lower resolution."""
    name = application_plan.resolution_reader(study)
    return [] if name is None else weights_file(name)


def quality_of_resolution_reader():
    """How well that judge reads images, where it is trained here."""
    name = application_plan.resolution_reader(study)
    return [] if name is None else quality_file(name)
