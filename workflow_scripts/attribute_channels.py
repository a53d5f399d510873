"""Rule `attribute_channels`: the channels of a model that stand out in examples of an attribute."""

from _job import start

job = start(snakemake)

from stylealign.alignment.attribute_channels import attribute_channel_rows
from stylealign.tables import ATTRIBUTE_CHANNELS, write_table

rows = attribute_channel_rows(
    job.spec["model"],
    job.input.g_ema,
    job.input.features,
    attributes=job.spec["attributes"],
    num_positive=job.spec["num_positive"],
    num_listed=job.spec["num_listed"],
    num_z=job.spec["num_z"],
    judge=job.spec["judge"],
    quality=job.input.quality,
    domain=job.spec["domain"],
    seed=job.spec["seed"],
    device=job.device,
)
write_table(job.output.rows, ATTRIBUTE_CHANNELS, rows, job.provenance)
