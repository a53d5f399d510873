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


def for_morphs(path):
    return expand(path, morph=application_plan.morphs(study))


def played_videos():
    """The video of each morph that the report plays."""
    formats = application_plan.video_formats(study)
    return expand("results/videos/{morph}.{format}", morph=application_plan.morphs(study), format=formats[:1])
