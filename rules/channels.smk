# Which channels act where: maps of every model, localized channels, what relatives share of them.
localrules:
    channel_overlap,
    channel_fate,


rule channel_maps:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
    output:
        maps="results/channel_maps/{model}/{shard}.npz",
    log:
        "results/logs/channel_maps/{model}.{shard}.log",
    benchmark:
        "results/benchmarks/channel_maps/{model}.{shard}.tsv"
    threads: 1
    resources:
        mem_mb=maps_memory,
        runtime=minutes(240),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.channel_maps, "model", "shard"),
        code=code("channel_maps"),
    message:
        "What each channel of {wildcards.model} changes (part {wildcards.shard})"
    script:
        "../workflow_scripts/channel_maps.py"


rule localized_channels:
    input:
        maps=of_shards("results/channel_maps/{model}/{shard}.npz"),
        weights=weights_of_parser,
        quality=quality_of_parser,
    output:
        rows="results/cells/localized_channels/{model}.parquet",
        channels="results/channels/{model}.parquet",
        evidence="results/cells/localized_channels/{model}.npz",
    log:
        "results/logs/localized_channels/{model}.log",
    benchmark:
        "results/benchmarks/localized_channels/{model}.tsv"
    threads: 1
    resources:
        mem_mb=maps_memory,
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.localized_channels, "model"),
        code=code("localized_channels"),
        listing=listing_of_parser,
    message:
        "Which channels of {wildcards.model} act in one region"
    script:
        "../workflow_scripts/localized_channels.py"


rule channel_overlap:
    input:
        evidence="results/cells/localized_channels/{model}.npz",
        relatives=of_parsed_kin("results/cells/localized_channels/{relative}.npz"),
    output:
        rows="results/cells/channel_overlap/{model}.parquet",
    log:
        "results/logs/channel_overlap/{model}.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.channel_overlap, "model"),
        code=code("channel_overlap"),
    message:
        "Localized channels that {wildcards.model} shares with its relatives"
    script:
        "../workflow_scripts/channel_overlap.py"


rule channel_fate:
    input:
        evidence="results/cells/localized_channels/{model}.npz",
        parent=of_parent("results/cells/localized_channels/{parent}.npz"),
        grandchildren=of_children("results/cells/localized_channels/{child}.npz"),
    output:
        rows="results/cells/channel_fate/{model}.parquet",
    log:
        "results/logs/channel_fate/{model}.log",
    threads: 1
    resources:
        **SMALL,
    params:
        spec=spec(slices.channel_fate, "model"),
        code=code("channel_fate"),
    message:
        "What became of its parent's channels in {wildcards.model}"
    script:
        "../workflow_scripts/channel_fate.py"
