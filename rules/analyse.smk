# One job a model and comparison: its rows, which rule `collect` puts together.


rule model_quality:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        features=with_judge_of("model_quality", "results/features/models/{model}.{judge}.npz"),
        domains=for_measured_domains("model_quality", "results/features/domains/{domain}.{judge}.npz"),
    output:
        rows="results/cells/model_quality/{model}.parquet",
    log:
        "results/logs/model_quality/{model}.log",
    threads: 1
    resources:
        mem_mb=quality_memory,
        runtime=minutes(60),
    params:
        spec=spec(slices.model_quality, "model"),
        code=code("model_quality"),
    message:
        "FID and KID of {wildcards.model}"
    script:
        "../workflow_scripts/model_quality.py"


rule mapping_drift:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        relatives=of_relatives("mapping_drift", "results/models/{relative}/g_ema.safetensors"),
    output:
        rows="results/cells/mapping_drift/{model}.parquet",
    log:
        "results/logs/mapping_drift/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(30),
    params:
        spec=spec(slices.mapping_drift, "model"),
        code=code("mapping_drift"),
    message:
        "How far the mapping of {wildcards.model} drifted"
    script:
        "../workflow_scripts/mapping_drift.py"


rule component_reset:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        weights=weights_of("component_reset"),
    output:
        rows="results/cells/component_reset/{model}.parquet",
        images="results/cells/component_reset/{model}.npz",
    log:
        "results/logs/component_reset/{model}.log",
    benchmark:
        "results/benchmarks/component_reset/{model}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.component_reset, "model"),
        code=code("component_reset"),
    message:
        "Reset components of {wildcards.model} to its parent's"
    script:
        "../workflow_scripts/component_reset.py"


rule layer_reset:
    input:
        g_ema="results/models/{model}/g_ema.safetensors",
        parent=of_parent("results/models/{parent}/g_ema.safetensors"),
        weights=weights_of("layer_reset"),
    output:
        rows="results/cells/layer_reset/{model}.parquet",
    log:
        "results/logs/layer_reset/{model}.log",
    benchmark:
        "results/benchmarks/layer_reset/{model}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
        gpu=int(ON_GPU),
    params:
        spec=spec(slices.layer_reset, "model"),
        code=code("layer_reset"),
    message:
        "Reset layers of {wildcards.model} to its parent's"
    script:
        "../workflow_scripts/layer_reset.py"


rule attribute_alignment:
    input:
        features=with_judge_of("attribute_alignment", "results/features/models/{model}.{judge}.npz"),
        relatives=of_relatives(
            "attribute_alignment",
            with_judge_of("attribute_alignment", "results/features/models/{relative}.{judge}.npz"),
        ),
        quality=quality_of("attribute_alignment"),
    output:
        rows="results/cells/attribute_alignment/{model}.parquet",
    log:
        "results/logs/attribute_alignment/{model}.log",
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=minutes(30),
    params:
        spec=spec(slices.attribute_alignment, "model"),
        code=code("attribute_alignment"),
    message:
        "Attributes shared by {wildcards.model} and its relatives"
    script:
        "../workflow_scripts/attribute_alignment.py"
