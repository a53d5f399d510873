# Few-shot fine-tuning, from the parent and from a model adapted by text (StyleGAN-NADA appendix C, Tables 1 and 2).
include: "common_few_shot.smk"


rule few_shot_images:
    input:
        g_ema=of_pretrained("g_ema.safetensors"),
    output:
        images="results/few_shot/generated/images.zip",
        index="results/few_shot/generated/index.parquet",
    log:
        "results/logs/few_shot_images/few_shot.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(few_shot_slices.generated),
        code=code("few_shot_images"),
    message:
        "Images of the adapted model, to tune its parent's pair on"
    script:
        "../workflow_scripts/few_shot_images.py"


use rule train as few_shot_tune with:
    input:
        images="results/few_shot/generated/images.zip",
        index="results/few_shot/generated/index.parquet",
        parent_pair=of_tuned_from("pair.safetensors"),
        parent_card=of_tuned_from("g_ema.safetensors"),
    output:
        **for_trained("results/few_shot/tuned"),
    log:
        "results/logs/few_shot_tune/few_shot.log",
    benchmark:
        "results/benchmarks/few_shot_tune/few_shot.tsv"
    priority: 0
    threads: 1
    resources:
        **ONE_TRAINING,
    params:
        spec=spec(few_shot_slices.tuning),
        recipe=RECIPE,
    message:
        "Tune G and D on images of the adapted model"


use rule train as few_shot_train with:
    input:
        images=of_target("results/domains/{domain}/images.zip"),
        index=of_target("results/domains/{domain}/index.parquet"),
        parent_pair=of_few_shot_start("pair.safetensors"),
        parent_card=of_few_shot_start("g_ema.safetensors"),
    output:
        **for_trained("results/few_shot/{method}/{num_images}/{start}/{seed}"),
    log:
        "results/logs/few_shot_train/{method}.{num_images}.{start}.{seed}.log",
    benchmark:
        "results/benchmarks/few_shot_train/{method}.{num_images}.{start}.{seed}.tsv"
    wildcard_constraints:
        **OF_SHOTS,
    priority: 0
    threads: 1
    resources:
        **ONE_TRAINING,
    params:
        spec=spec(few_shot_slices.training, "method", "num_images", "start", "seed"),
        recipe=RECIPE,
    message:
        "Train on {wildcards.num_images} images: {wildcards.method} from {wildcards.start}, seed {wildcards.seed}"


rule few_shot_scores:
    input:
        g_ema=of_trained_shots("g_ema.safetensors"),
        images=of_target("results/domains/{domain}/images.zip"),
        index=of_target("results/domains/{domain}/index.parquet"),
        real=of_target(with_judge_of("few_shot", "results/features/domains/{domain}.{judge}.npz")),
        weights=weights_of("few_shot"),
        diversity=weights_of_few_shot_reader(),
    output:
        rows="results/few_shot/scores/{method}.{num_images}.{start}.parquet",
    log:
        "results/logs/few_shot_scores/{method}.{num_images}.{start}.log",
    wildcard_constraints:
        **OF_SCORES,
    threads: 1
    resources:
        mem_mb=few_shot_memory,
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(few_shot_slices.scores, "method", "num_images", "start"),
        code=code("few_shot_scores"),
    message:
        "Measure {wildcards.method} on {wildcards.num_images} images from {wildcards.start}"
    script:
        "../workflow_scripts/few_shot_scores.py"


rule few_shot:
    input:
        scores=for_shots("results/few_shot/scores/{method}.{num_images}.{start}.parquet"),
        costs=costs_of_shots(),
    output:
        rows="results/cells/few_shot/study.parquet",
    log:
        "results/logs/few_shot/study.log",
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(10),
    params:
        spec=spec(few_shot_slices.few_shot),
        code=code("few_shot"),
    message:
        "Trainings on few images, side by side"
    script:
        "../workflow_scripts/few_shot.py"
