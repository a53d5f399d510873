# Figures read tables and samples, and compute no measure. The report shows each on a page of its own.
# Seconds, and no torch: on a cluster the host that submits draws them.
localrules:
    draw_family,
    draw_progress,
    draw_training_curves,
    draw_mapping_drift,
    draw_component_reset,
    draw_layer_reset,
    draw_model_quality,
    draw_attribute_alignment,
    draw_channel_maps,
    draw_channel_overlap,
    draw_channel_fate,
    draw_manipulations,
    draw_effect_agreement,
    draw_resolution_alignment,
    draw_inversions,
    draw_translations,
    draw_reference_translations,
    draw_texture_translations,
    draw_morph_grid,
    draw_morph_smoothness,
    draw_blend_grid,
    draw_blend_smoothness,
    draw_return_alignment,
    draw_locality_bias,
    draw_zero_shot_regression,
    draw_zero_shot_classification,
    draw_zero_shot_examples,
    draw_quality_diversity,
    draw_adaptations,
    draw_clip_space,
    draw_edits_across_domains,
    draw_clip_accuracy,
    draw_few_shot,
    draw_adaptation_ablation,


rule draw_family:
    input:
        samples=for_models("results/models/{model}/samples.npz"),
    output:
        png="results/figures/family.png",
        pdf="results/figures/family.pdf",
        html=shown("results/figures/family.html", ALIGNMENT),
    log:
        "results/logs/draw_family/family.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.family),
        code=code("draw_family"),
    message:
        "Figure family: the family, same z in every model"
    script:
        "../workflow_scripts/draw_family.py"


rule draw_progress:
    input:
        samples=for_models("results/models/{model}/samples.npz", study.trained()),
    output:
        png="results/figures/progress.png",
        pdf="results/figures/progress.pdf",
        html=shown("results/figures/progress.html", TRANSFER),
    log:
        "results/logs/draw_progress/progress.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_progress"),
    message:
        "Figure progress: the same z while the models learn"
    script:
        "../workflow_scripts/draw_progress.py"


rule draw_training_curves:
    input:
        ticks=for_models("results/models/{model}/ticks.parquet", study.trained()),
    output:
        png="results/figures/training_curves.png",
        pdf="results/figures/training_curves.pdf",
        html=shown("results/figures/training_curves.html", MODELS),
    log:
        "results/logs/draw_training_curves/training_curves.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_training_curves"),
    message:
        "Figure training_curves: training curves"
    script:
        "../workflow_scripts/draw_training_curves.py"


rule draw_mapping_drift:
    input:
        table="results/tables/mapping_drift.parquet",
    output:
        png="results/figures/mapping_drift.png",
        pdf="results/figures/mapping_drift.pdf",
        html=shown("results/figures/mapping_drift.html"),
    log:
        "results/logs/draw_mapping_drift/mapping_drift.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_mapping_drift"),
    message:
        "Figure mapping_drift: how far mappings drifted"
    script:
        "../workflow_scripts/draw_mapping_drift.py"


rule draw_component_reset:
    input:
        table="results/tables/component_reset.parquet",
        images=for_models(
            "results/cells/component_reset/{model}.npz",
            plan.measured_models(study, "component_reset"),
        ),
    output:
        png="results/figures/component_reset.png",
        pdf="results/figures/component_reset.pdf",
        html=shown("results/figures/component_reset.html"),
    log:
        "results/logs/draw_component_reset/component_reset.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_component_reset"),
    message:
        "Figure component_reset: what each component learned"
    script:
        "../workflow_scripts/draw_component_reset.py"


rule draw_layer_reset:
    input:
        table="results/tables/layer_reset.parquet",
    output:
        png="results/figures/layer_reset.png",
        pdf="results/figures/layer_reset.pdf",
        html=shown("results/figures/layer_reset.html"),
    log:
        "results/logs/draw_layer_reset/layer_reset.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_layer_reset"),
    message:
        "Figure layer_reset: where the change lives"
    script:
        "../workflow_scripts/draw_layer_reset.py"


rule draw_model_quality:
    input:
        table="results/tables/model_quality.parquet",
    output:
        png="results/figures/model_quality.png",
        pdf="results/figures/model_quality.pdf",
        html=shown("results/figures/model_quality.html"),
    log:
        "results/logs/draw_model_quality/model_quality.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_model_quality"),
    message:
        "Figure model_quality: FID and KID"
    script:
        "../workflow_scripts/draw_model_quality.py"


rule draw_attribute_alignment:
    input:
        table="results/tables/attribute_alignment.parquet",
    output:
        png="results/figures/attribute_alignment.png",
        pdf="results/figures/attribute_alignment.pdf",
        html=shown("results/figures/attribute_alignment.html"),
    log:
        "results/logs/draw_attribute_alignment/attribute_alignment.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_attribute_alignment"),
    message:
        "Figure attribute_alignment: attributes shared along the lineage"
    script:
        "../workflow_scripts/draw_attribute_alignment.py"


rule draw_channel_maps:
    input:
        evidence=for_models("results/cells/localized_channels/{model}.npz", plan.parsed(study)),
        channels=for_models("results/channels/{model}.parquet", plan.parsed(study)),
    output:
        png="results/figures/channel_maps.png",
        pdf="results/figures/channel_maps.pdf",
        html=shown("results/figures/channel_maps.html", CHANNELS_SECTION),
    log:
        "results/logs/draw_channel_maps/channel_maps.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.channel_maps_figure),
        code=code("draw_channel_maps"),
    message:
        "Figure channel_maps: what a channel changes, in every model"
    script:
        "../workflow_scripts/draw_channel_maps.py"


rule draw_channel_overlap:
    input:
        table="results/tables/channel_overlap.parquet",
    output:
        png="results/figures/channel_overlap.png",
        pdf="results/figures/channel_overlap.pdf",
        html=shown("results/figures/channel_overlap.html"),
    log:
        "results/logs/draw_channel_overlap/channel_overlap.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_channel_overlap"),
    message:
        "Figure channel_overlap: localized channels that models share"
    script:
        "../workflow_scripts/draw_channel_overlap.py"


rule draw_channel_fate:
    input:
        table="results/tables/channel_fate.parquet",
    output:
        png="results/figures/channel_fate.png",
        pdf="results/figures/channel_fate.pdf",
        html=shown("results/figures/channel_fate.html"),
    log:
        "results/logs/draw_channel_fate/channel_fate.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_channel_fate"),
    message:
        "Figure channel_fate: forgotten or hidden"
    script:
        "../workflow_scripts/draw_channel_fate.py"


rule draw_manipulations:
    input:
        images=for_models("results/cells/manipulations/{model}.npz", study.full_size()),
    output:
        png="results/figures/manipulations.png",
        pdf="results/figures/manipulations.pdf",
        html=shown("results/figures/manipulations.html", CHANNELS_SECTION),
    log:
        "results/logs/draw_manipulations/manipulations.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.manipulations_figure),
        code=code("draw_manipulations"),
    message:
        "Figure manipulations: the same edit in every model"
    script:
        "../workflow_scripts/draw_manipulations.py"


rule draw_effect_agreement:
    input:
        table="results/tables/effect_agreement.parquet",
    output:
        png="results/figures/effect_agreement.png",
        pdf="results/figures/effect_agreement.pdf",
        html=shown("results/figures/effect_agreement.html"),
    log:
        "results/logs/draw_effect_agreement/effect_agreement.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.figure),
        code=code("draw_effect_agreement"),
    message:
        "Figure effect_agreement: whether edits do the same"
    script:
        "../workflow_scripts/draw_effect_agreement.py"


rule draw_inversions:
    input:
        pictures=for_models(
            "results/cells/inversion_quality/{model}.npz",
            inversion_plan.inverted_models(study),
        ),
        table="results/tables/inversion_quality.parquet",
    output:
        png="results/figures/inversions.png",
        pdf="results/figures/inversions.pdf",
        html=shown("results/figures/inversions.html", TRANSLATION_SECTION),
    log:
        "results/logs/draw_inversions/inversions.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.inversions_figure),
        code=code("draw_inversions"),
    message:
        "Figure inversions: real images, inverted"
    script:
        "../workflow_scripts/draw_inversions.py"


rule draw_translations:
    input:
        pictures=for_directions("translation", "results/cells/translation/{direction}.npz"),
        table="results/tables/translation.parquet",
    output:
        png="results/figures/translations.png",
        pdf="results/figures/translations.pdf",
        html=shown("results/figures/translations.html", TRANSLATION_SECTION),
    log:
        "results/logs/draw_translations/translations.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.translations_figure),
        code=code("draw_translations"),
    message:
        "Figure translations: from one domain to another"
    script:
        "../workflow_scripts/draw_translations.py"


rule draw_reference_translations:
    input:
        pictures=for_directions("reference_translation", "results/cells/reference_translation/{direction}.npz"),
        table="results/tables/reference_translation.parquet",
    output:
        png="results/figures/reference_translations.png",
        pdf="results/figures/reference_translations.pdf",
        html=shown("results/figures/reference_translations.html", TRANSLATION_SECTION),
    log:
        "results/logs/draw_reference_translations/reference_translations.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.reference_translations_figure),
        code=code("draw_reference_translations"),
    message:
        "Figure reference_translations: shape of one image, style of another"
    script:
        "../workflow_scripts/draw_reference_translations.py"


rule draw_texture_translations:
    input:
        pictures=for_directions("texture_translation", "results/cells/texture_translation/{direction}.npz"),
    output:
        png="results/figures/texture_translations.png",
        pdf="results/figures/texture_translations.pdf",
        html=shown("results/figures/texture_translations.html", TRANSLATION_SECTION),
    log:
        "results/logs/draw_texture_translations/texture_translations.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(inversion_slices.texture_translations_figure),
        code=code("draw_texture_translations"),
    message:
        "Figure texture_translations: shape of an image, random styles"
    script:
        "../workflow_scripts/draw_texture_translations.py"


rule draw_blend_grid:
    input:
        pictures=for_blends("results/cells/blend_smoothness/{pair}.npz"),
        table="results/tables/blend_smoothness.parquet",
    output:
        png="results/figures/blend_grid.png",
        pdf="results/figures/blend_grid.pdf",
        html=shown("results/figures/blend_grid.html", APPLICATIONS),
    log:
        "results/logs/draw_blend_grid/blend_grid.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.blend_figures),
        code=code("draw_blend_grid"),
    message:
        "Figure blend_grid: layers swapped, weights interpolated"
    script:
        "../workflow_scripts/draw_blend_grid.py"


rule draw_blend_smoothness:
    input:
        table="results/tables/blend_smoothness.parquet",
    output:
        png="results/figures/blend_smoothness.png",
        pdf="results/figures/blend_smoothness.pdf",
        html=shown("results/figures/blend_smoothness.html"),
    log:
        "results/logs/draw_blend_smoothness/blend_smoothness.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.blend_figures),
        code=code("draw_blend_smoothness"),
    message:
        "Figure blend_smoothness: how even the way from model to model is"
    script:
        "../workflow_scripts/draw_blend_smoothness.py"


rule draw_return_alignment:
    input:
        pictures=for_returned("results/cells/return_alignment/{returned}.npz"),
        tables=made_tables("return_alignment", "effect_agreement"),
    output:
        png="results/figures/return_alignment.png",
        pdf="results/figures/return_alignment.pdf",
        html=shown("results/figures/return_alignment.html"),
    log:
        "results/logs/draw_return_alignment/return_alignment.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.return_figure),
        code=code("draw_return_alignment"),
    message:
        "Figure return_alignment: forgotten or hidden"
    script:
        "../workflow_scripts/draw_return_alignment.py"


rule draw_morph_grid:
    input:
        pictures=for_morphs("results/cells/morph_smoothness/{morph}.npz"),
        videos=played_videos(),
    output:
        png="results/figures/morph_grid.png",
        pdf="results/figures/morph_grid.pdf",
        html=shown("results/figures/morph_grid.html", APPLICATIONS),
    log:
        "results/logs/draw_morph_grid/morph_grid.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.morph_figures),
        code=code("draw_morph_grid"),
    message:
        "Figure morph_grid: codes along one axis, weights along the other"
    script:
        "../workflow_scripts/draw_morph_grid.py"


rule draw_morph_smoothness:
    input:
        pictures=for_morphs("results/cells/morph_smoothness/{morph}.npz"),
        table="results/tables/morph_smoothness.parquet",
    output:
        png="results/figures/morph_smoothness.png",
        pdf="results/figures/morph_smoothness.pdf",
        html=shown("results/figures/morph_smoothness.html"),
    log:
        "results/logs/draw_morph_smoothness/morph_smoothness.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.morph_figures),
        code=code("draw_morph_smoothness"),
    message:
        "Figure morph_smoothness: how large each step is"
    script:
        "../workflow_scripts/draw_morph_smoothness.py"


rule draw_locality_bias:
    input:
        pictures=for_models(
            "results/cells/locality_bias/{model}.npz",
            plan.measured_models(study, "locality_bias"),
        ),
        table="results/tables/locality_bias.parquet",
    output:
        png="results/figures/locality_bias.png",
        pdf="results/figures/locality_bias.pdf",
        html=shown("results/figures/locality_bias.html"),
    log:
        "results/logs/draw_locality_bias/locality_bias.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.locality_figure),
        code=code("draw_locality_bias"),
    message:
        "Figure locality_bias: what a channel does where the pictures are moved"
    script:
        "../workflow_scripts/draw_locality_bias.py"


rule draw_resolution_alignment:
    input:
        pictures=for_models("results/cells/resolution_alignment/{model}.npz", application_plan.lowered(study)),
        table="results/tables/resolution_alignment.parquet",
    output:
        png="results/figures/resolution_alignment.png",
        pdf="results/figures/resolution_alignment.pdf",
        html=shown("results/figures/resolution_alignment.html", LIMITS),
    log:
        "results/logs/draw_resolution_alignment/resolution_alignment.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.resolution_figure),
        code=code("draw_resolution_alignment"),
    message:
        "Figure resolution_alignment: lower resolutions"
    script:
        "../workflow_scripts/draw_resolution_alignment.py"


rule draw_zero_shot_regression:
    input:
        table="results/tables/zero_shot_regression.parquet",
    output:
        png="results/figures/zero_shot_regression.png",
        pdf="results/figures/zero_shot_regression.pdf",
        html=shown("results/figures/zero_shot_regression.html"),
    log:
        "results/logs/draw_zero_shot_regression/zero_shot_regression.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.zero_shot_figure),
        code=code("draw_zero_shot_regression"),
    message:
        "Figure zero_shot_regression: numbers of a relative's images, by the parent's labels"
    script:
        "../workflow_scripts/draw_zero_shot_regression.py"


rule draw_zero_shot_classification:
    input:
        table="results/tables/zero_shot_classification.parquet",
    output:
        png="results/figures/zero_shot_classification.png",
        pdf="results/figures/zero_shot_classification.pdf",
        html=shown("results/figures/zero_shot_classification.html"),
    log:
        "results/logs/draw_zero_shot_classification/zero_shot_classification.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.zero_shot_figure),
        code=code("draw_zero_shot_classification"),
    message:
        "Figure zero_shot_classification: yes or no of a relative's images, by the parent's labels"
    script:
        "../workflow_scripts/draw_zero_shot_classification.py"


rule draw_zero_shot_examples:
    input:
        pictures=examples_of_zero_shot(),
    output:
        png="results/figures/zero_shot_examples.png",
        pdf="results/figures/zero_shot_examples.pdf",
        html=shown("results/figures/zero_shot_examples.html", APPLICATIONS),
    log:
        "results/logs/draw_zero_shot_examples/zero_shot_examples.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(application_slices.zero_shot_figure),
        code=code("draw_zero_shot_examples"),
    message:
        "Figure zero_shot_examples: a relative's images in the order of predictions"
    script:
        "../workflow_scripts/draw_zero_shot_examples.py"


rule draw_adaptation_ablation:
    input:
        pictures=of_ablated("results/cells/adaptation_ablation/{model}.npz"),
        table="results/tables/adaptation_ablation.parquet",
    output:
        png="results/figures/adaptation_ablation.png",
        pdf="results/figures/adaptation_ablation.pdf",
        html=shown("results/figures/adaptation_ablation.html"),
    log:
        "results/logs/draw_adaptation_ablation/adaptation_ablation.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(ablation_slices.ablation_figure),
        code=code("draw_adaptation_ablation"),
    message:
        "Figure adaptation_ablation: what each part of an adaptation does"
    script:
        "../workflow_scripts/draw_adaptation_ablation.py"


rule draw_few_shot:
    input:
        table="results/tables/few_shot.parquet",
        samples=samples_of_shots(),
    output:
        png="results/figures/few_shot.png",
        pdf="results/figures/few_shot.pdf",
        html=shown("results/figures/few_shot.html"),
    log:
        "results/logs/draw_few_shot/few_shot.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(few_shot_slices.figure),
        code=code("draw_few_shot"),
    message:
        "Figure few_shot: few images, with and without adaptation by text"
    script:
        "../workflow_scripts/draw_few_shot.py"


rule draw_clip_accuracy:
    input:
        table="results/tables/clip_accuracy.parquet",
    output:
        png="results/figures/clip_accuracy.png",
        pdf="results/figures/clip_accuracy.pdf",
        html=shown("results/figures/clip_accuracy.html"),
    log:
        "results/logs/draw_clip_accuracy/clip_accuracy.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(adaptation_slices.clip_accuracy_figure),
        code=code("draw_clip_accuracy"),
    message:
        "Figure clip_accuracy: what each CLIP tells apart by text"
    script:
        "../workflow_scripts/draw_clip_accuracy.py"


rule draw_quality_diversity:
    input:
        table="results/tables/quality_diversity.parquet",
    output:
        png="results/figures/quality_diversity.png",
        pdf="results/figures/quality_diversity.pdf",
        html=shown("results/figures/quality_diversity.html"),
    log:
        "results/logs/draw_quality_diversity/quality_diversity.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(adaptation_slices.diversity_figure),
        code=code("draw_quality_diversity"),
    message:
        "Figure quality_diversity: how near, how diverse"
    script:
        "../workflow_scripts/draw_quality_diversity.py"


rule draw_adaptations:
    input:
        samples=for_adapted_and_parents("results/models/{model}/samples.npz"),
        table="results/tables/adaptation.parquet",
    output:
        png="results/figures/adaptations.png",
        pdf="results/figures/adaptations.pdf",
        html=shown("results/figures/adaptations.html", ADAPTATION_SECTION),
    log:
        "results/logs/draw_adaptations/adaptations.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(adaptation_slices.adaptations_figure),
        code=code("draw_adaptations"),
    message:
        "Figure adaptations: the same z in parents and in what was adapted from them"
    script:
        "../workflow_scripts/draw_adaptations.py"


rule draw_clip_space:
    input:
        pictures=for_views("results/cells/clip_space/{view}.npz"),
        table="results/tables/clip_space.parquet",
    output:
        png="results/figures/clip_space.png",
        pdf="results/figures/clip_space.pdf",
        html=shown("results/figures/clip_space.html"),
    log:
        "results/logs/draw_clip_space/clip_space.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(adaptation_slices.clip_figure),
        code=code("draw_clip_space"),
    message:
        "Figure clip_space: images and texts as a CLIP sees them"
    script:
        "../workflow_scripts/draw_clip_space.py"


rule draw_edits_across_domains:
    input:
        pictures=for_edited("results/cells/edits_across_domains/{model}.npz"),
        table="results/tables/edits_across_domains.parquet",
    output:
        png="results/figures/edits_across_domains.png",
        pdf="results/figures/edits_across_domains.pdf",
        html=shown("results/figures/edits_across_domains.html"),
    log:
        "results/logs/draw_edits_across_domains/edits_across_domains.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(adaptation_slices.edits_figure),
        code=code("draw_edits_across_domains"),
    message:
        "Figure edits_across_domains: images and edits of a parent in adapted models"
    script:
        "../workflow_scripts/draw_edits_across_domains.py"


rule figures:
    input:
        for_figures("results/figures/{figure}.html"),
