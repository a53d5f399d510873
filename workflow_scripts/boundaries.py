"""Rule `boundaries`: directions in a model's W for judged attributes."""

from _job import start

job = start(snakemake)

from stylealign.tables import BOUNDARIES, write_table
from stylealign.transfer.boundaries import fit_boundaries, save_boundaries

rows, boundaries = fit_boundaries(
    job.spec["model"],
    job.input.g_ema,
    job.input.features,
    attributes=job.spec["attributes"],
    extreme_share=job.spec["extreme_share"],
    conditional=job.spec["conditional"],
    num_z=job.spec["num_z"],
    judge=job.spec["judge"],
    quality=job.input.quality,
    domain=job.spec["domain"],
    seed=job.spec["seed"],
    device=job.device,
)
save_boundaries(job.output.boundaries, boundaries)
write_table(job.output.rows, BOUNDARIES, rows, job.provenance)
