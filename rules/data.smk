rule image_set:
    input:
        source=source_of_domain,
    output:
        images="results/domains/{domain}/images.zip",
        index="results/domains/{domain}/index.parquet",
        regions="results/domains/{domain}/regions.npz",
        rejected="results/domains/{domain}/rejected.parquet",
        summary="results/domains/{domain}/summary.json",
        preview="results/domains/{domain}/preview.png",
    log:
        "results/logs/image_set/{domain}.log",
    benchmark:
        "results/benchmarks/image_set/{domain}.tsv"
    threads: 1
    resources:
        mem_mb=memory(2000),
        runtime=minutes(60),
    params:
        spec=spec(slices.image_set, "domain"),
        recipe=IMAGE_SET_RECIPE,
        listing=listing_of_domain,
    message:
        "Image set of {wildcards.domain}"
    script:
        "../workflow_scripts/image_set.py"


rule domains:
    input:
        for_domains("results/domains/{domain}/summary.json"),
