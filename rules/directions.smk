# What an edit does: channels and directions for attributes, and whether they do the same in a relative.


rule attribute_channels:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        features=with_judge_of("attribute_channels", "results/features/models/{model}.{judge}.npz"),
        quality=quality_of("attribute_channels"),
    output:
        rows="results/cells/attribute_channels/{model}.parquet",
    log:
        "results/logs/attribute_channels/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        spec=spec(slices.attribute_channels, "model"),
        code=code("attribute_channels"),
    message:
        "Channels that stand out with attributes of {wildcards.model}"
    script:
        "../workflow_scripts/attribute_channels.py"


rule channel_effects:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        weights=weights_of("channel_effects"),
        quality=quality_of("channel_effects"),
    output:
        rows="results/cells/channel_effects/{model}.parquet",
    log:
        "results/logs/channel_effects/{model}.log",
    benchmark:
        "results/benchmarks/channel_effects/{model}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(120),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.channel_effects, "model"),
        code=code("channel_effects"),
    message:
        "Channels that move attributes of {wildcards.model}"
    script:
        "../workflow_scripts/channel_effects.py"


rule boundaries:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        features=with_judge_of("boundaries", "results/features/models/{model}.{judge}.npz"),
        quality=quality_of("boundaries"),
    output:
        rows="results/cells/boundaries/{model}.parquet",
        boundaries="results/boundaries/{model}.npz",
    log:
        "results/logs/boundaries/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        spec=spec(slices.boundaries, "model"),
        code=code("boundaries"),
    message:
        "Directions in W for attributes of {wildcards.model}"
    script:
        "../workflow_scripts/boundaries.py"


rule effect_agreement:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        relatives=of_kin("results/models/{relative}/g_ema.safetensors"),
        channels=of_kin("results/cells/channel_effects/{relative}.parquet"),
        boundaries=of_kin("results/boundaries/{relative}.npz"),
        weights=weights_of("effect_agreement"),
        quality=quality_of("effect_agreement"),
    output:
        rows="results/cells/effect_agreement/{model}.parquet",
    log:
        "results/logs/effect_agreement/{model}.log",
    benchmark:
        "results/benchmarks/effect_agreement/{model}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.effect_agreement, "model"),
        code=code("effect_agreement"),
    message:
        "Whether edits do the same in {wildcards.model} as in its relatives"
    script:
        "../workflow_scripts/effect_agreement.py"


rule manipulations:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        reference=of_reference("results/models/{model}/g_ema.safetensors"),
        channels=of_reference("results/cells/channel_effects/{model}.parquet"),
        boundaries=of_reference("results/boundaries/{model}.npz"),
        text_edits=drawn_text_edits,
    output:
        images="results/cells/manipulations/{model}.npz",
    log:
        "results/logs/manipulations/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.manipulations, "model"),
        code=code("manipulations"),
    message:
        "Pictures of edits of {wildcards.model}"
    script:
        "../workflow_scripts/manipulations.py"
