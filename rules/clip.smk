# CLIPs: judges that know text, trained here or published, and what they tell apart.
ruleorder: clip > judge


rule clip:
    input:
        images=captioned("results/domains/{domain}/images.zip"),
        index=captioned("results/domains/{domain}/index.parquet"),
    output:
        judge="results/judges/{judge}/judge.safetensors",
    log:
        "results/logs/clip/{judge}.log",
    benchmark:
        "results/benchmarks/clip/{judge}.tsv"
    wildcard_constraints:
        judge=any_of(plan.trained_clips(study)),
    priority: 50
    threads: 1
    resources:
        mem_mb=clip_memory,
        runtime=minutes(120),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.clip_training, "judge"),
        code=code("clip"),
    message:
        "Train the CLIP {wildcards.judge}"
    script:
        "../workflow_scripts/clip.py"


rule clip_accuracy:
    input:
        images=asked_about("results/domains/{domain}/images.zip"),
        index=asked_about("results/domains/{domain}/index.parquet"),
        weights=clip_weights,
    output:
        rows="results/cells/clip_accuracy/{clip}.parquet",
    log:
        "results/logs/clip_accuracy/{clip}.log",
    threads: 1
    resources:
        mem_mb=memory_beside("clip", 3000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(adaptation_slices.clip_accuracy, "clip"),
        code=code("clip_accuracy"),
    message:
        "What the CLIP {wildcards.clip} tells apart by text"
    script:
        "../workflow_scripts/clip_accuracy.py"
