"""Rule `channel_maps`: what each style channel changes in some of a model's images, exactly."""

from _job import start

job = start(snakemake)

from stylealign.alignment.channel_maps import measure_channel_maps

measure_channel_maps(
    job.input.g_ema,
    job.output.maps,
    first=job.spec["first"],
    num_images=job.spec["num_images"],
    truncation_psi=job.spec["truncation_psi"],
    grid=job.spec["grid"],
    seed=job.spec["seed"],
    num_total=job.spec["first"] + job.spec["num_images"],
    memory_budget_gb=job.config["maps_budget_gb"],
    state=job.output.maps.with_name(f".{job.output.maps.stem}.resume"),
    device=job.device,
)
