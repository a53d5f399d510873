"""Rule `channel_overlap`: the localized channels that a model shares with its relatives, against chance."""

from _job import start

job = start(snakemake)

from stylealign.alignment.channel_overlap import channel_overlap_rows
from stylealign.alignment.localized_channels import Thresholds
from stylealign.tables import CHANNEL_OVERLAP, write_table

rows = channel_overlap_rows(
    job.spec["model"],
    job.input.evidence,
    [(*relative, path) for relative, path in zip(job.spec["relatives"], job.input.relatives, strict=True)],
    Thresholds(**job.spec["thresholds"]),
    seed=job.spec["seed"],
)
write_table(job.output.rows, CHANNEL_OVERLAP, rows, job.provenance)
