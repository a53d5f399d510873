# Look-ups of adaptation: CLIPs, adapted models, mappers, few shots.
from stylealign.adaptation.recipe import RECIPE as ADAPTATION_RECIPE
from stylealign.columns import ADAPTATION as ADAPTATION_SECTION
from stylealign.config import ablation_plan, ablation_slices, adaptation_plan, adaptation_slices
from stylealign.config.clip_accuracy import asked_worlds


def weights_of_adapting(wildcards):
    """What the judges read that adapt the wildcard model."""
    return [weights_file(name) for name in adaptation_plan.adapting_judges(study, wildcards.model)]


def target_of_adapting(wildcards):
    """The pictures that direct an adaptation, where pictures do."""
    domain = "results/domains/{domain}"
    return adaptation_plan.target_files(study, wildcards.model, f"{domain}/images.zip", f"{domain}/index.parquet")


def adaptation_memory(wildcards, attempt):
    return needs.mem_mb(needs.adaptation_mem_mb(*adaptation_plan.adaptation_sizes(study, wildcards.model)), attempt)


def memory_beside(wildcard, base_mb):
    """`base_mb`, and what the judge holds that the wildcard names, where it is a published CLIP."""

    def of(wildcards, attempt):
        num_published = adaptation_plan.num_published(study, [wildcards[wildcard]])
        return needs.mem_mb(needs.judging_mem_mb(base_mb, num_published), attempt)

    return of


def mapper_memory(wildcards, attempt):
    num_published = adaptation_plan.num_published(study, ablation_plan.adaptation(study, wildcards.model).clips)
    return needs.mem_mb(needs.judging_mem_mb(3000, num_published), attempt)


def adaptation_minutes(wildcards, attempt):
    iterations = ablation_plan.adaptation(study, wildcards.model).iterations
    return needs.runtime_min(needs.adaptation_runtime_min(iterations, study.resolution, ON_GPU), attempt)


wildcard_constraints:
    clip=any_of(study.judges),


def clips_of_model(wildcards):
    """What the CLIPs read that the wildcard model was adapted by, in their order."""
    return [weights_file(name) for name in ablation_plan.adaptation(study, wildcards.model).clips]


def of_ablation(path):
    """The files of the models that the ablation compares, in its order."""
    return lambda wildcards: expand(path, model=ablation_plan.ablation(study).models)


def mapper_of_ablation(wildcards):
    """The latent mapper of one of those, where there is one."""
    files = expand("results/mappers/{model}/mapper.safetensors", model=ablation_plan.mapped(study))
    return files[0] if files else []


def features_of_ablation(wildcards):
    """What the ablation's judge sees in the images of the target domain."""
    asked = ablation_plan.ablation(study)
    return f"results/features/domains/{study.models[asked.models[0]].domain}.{asked.judge}.npz"


def weights_of_ablation_clip(wildcards):
    """What the CLIP reads that measures the ablation."""
    return weights_file(ablation_plan.ablation_clip(study))


def of_ablated(path):
    return expand(path, model=ablation_plan.ablated_parents(study))


def of_text_edited(path):
    """The file of the model whose channels edits by text are made of, found by its CLIP."""
    return lambda wildcards: path.format(
        model=ablation_plan.text_edited(study), clip=ablation_plan.global_directions(study).clip
    )


def clip_weights(wildcards):
    """What the wildcard CLIP reads."""
    return weights_file(wildcards.clip)


def drawn_text_edits(wildcards):
    """The channels of edits by text, where the pictures of edits show any."""
    if not ablation_plan.drawn_text_edits(study):
        return []
    return of_text_edited("results/text_edits/{model}.{clip}.parquet")(wildcards)


def of_diversity_domain(path):
    """The files of the models that are compared with the wildcard domain, as the study's judge saw them."""
    whole = with_judge_of("quality_diversity", path)
    return lambda wildcards: expand(whole, model=adaptation_plan.diversity_roles(study, wildcards.domain))


def for_diversity(path):
    return expand(path, domain=adaptation_plan.diversity_domains(study))


wildcard_constraints:
    view=any_of(adaptation_plan.clip_views(study)),


def of_view(what, path):
    """The files of a plane's `models` or `domains`."""

    def of(wildcards):
        return [
            path.format(name=name) for name in getattr(adaptation_plan.clip_space(study).views[wildcards.view], what)
        ]

    return of


def for_views(path):
    return expand(path, view=adaptation_plan.clip_views(study))


def clip_of_space():
    """What the CLIP reads whose space is seen."""
    asked = study.studies.clip_space
    return [] if asked is None else weights_file(asked.clip)


def of_edited_images(path):
    """The file of the images that an adapted model's parent inverted: parent, image set, method."""

    def of(wildcards):
        parent, image_set, method = adaptation_plan.edited_codes(study, wildcards.model)
        return path.format(parent=parent, image_set=image_set, method=method)

    return of


def for_edited(path):
    return expand(path, model=adaptation_plan.edited_models(study))


def weights_of_measuring_clip():
    """What the CLIP reads in whose space the directions of adaptations are measured."""
    asked = study.studies.adaptation
    return [] if asked is None else weights_file(asked.clip)


def weights_of_measured_region():
    """What the judge reads that finds the region inside and outside of which changes are measured."""
    name = adaptation_plan.measured_parser(study)
    return [] if name is None else weights_file(name)


def captioned(path):
    """The files of the worlds that the wildcard CLIP is trained on."""
    return lambda wildcards: [path.format(domain=name) for name in study.clip_domains(wildcards.judge)]


def asked_about(path):
    """The files of the worlds that CLIPs are asked about."""
    return expand(path, domain=asked_worlds(study))


def clip_memory(wildcards, attempt):
    return needs.mem_mb(needs.judge_mem_mb(*plan.clip_sizes(study, wildcards.judge)), attempt)


def for_adapted_and_parents(path):
    """The files of the adapted models and of their parents, each once."""
    return for_models(path, adaptation_plan.adapted_and_parents(study))
