# Limits of alignment: moved and flipped domains, lower resolutions, far domains and the way back.


rule return_alignment:
    input:
        g_ema="results/models/{returned}/g_ema.safetensors",
        ancestor=of_return("ancestor", "results/models/{model}/g_ema.safetensors"),
        through=of_return("through", "results/models/{model}/g_ema.safetensors"),
        controls=of_return("controls", "results/models/{model}/g_ema.safetensors"),
        channels=of_returned_edits("results/cells/channel_effects/{model}.parquet"),
        boundaries=of_returned_edits("results/boundaries/{model}.npz"),
        weights=weights_of("return_alignment"),
        reader=weights_of_returned_reader(),
        quality=quality_of_returned_reader(),
    output:
        rows="results/cells/return_alignment/{returned}.parquet",
        pictures="results/cells/return_alignment/{returned}.npz",
    log:
        "results/logs/return_alignment/{returned}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.return_alignment, "returned"),
        code=code("return_alignment"),
    message:
        "Forgotten or hidden: {wildcards.returned} and its ancestor"
    script:
        "../workflow_scripts/return_alignment.py"


rule locality_bias:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        evidence="results/cells/localized_channels/{model}.npz",
        parent_evidence=of_parent("results/cells/localized_channels/{parent}.npz"),
        weights=weights_of("locality_bias"),
        quality=quality_of("locality_bias"),
    output:
        rows="results/cells/locality_bias/{model}.parquet",
        pictures="results/cells/locality_bias/{model}.npz",
    log:
        "results/logs/locality_bias/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.locality_bias, "model"),
        code=code("locality_bias"),
    message:
        "Which channels of its parent keep their function in {wildcards.model}"
    script:
        "../workflow_scripts/locality_bias.py"


rule resolution_alignment:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        scratch=of_scratch("results/models/{model}/g_ema.safetensors"),
        snapshots=snapshots_of_model,
        scratch_snapshots=snapshots_of_scratch,
        images=of_domain("results/domains/{domain}/images.zip"),
        index=of_domain("results/domains/{domain}/index.parquet"),
        weights=weights_of("resolution_alignment"),
        reader=weights_of_resolution_reader(),
        quality=quality_of_resolution_reader(),
    output:
        rows="results/cells/resolution_alignment/{model}.parquet",
        pictures="results/cells/resolution_alignment/{model}.npz",
    log:
        "results/logs/resolution_alignment/{model}.log",
    threads: 1
    resources:
        mem_mb=lower_memory,
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(application_slices.resolution_alignment, "model"),
        code=code("resolution_alignment"),
    message:
        "What {wildcards.model} shares with its larger parent, and what it cost"
    script:
        "../workflow_scripts/resolution_alignment.py"
