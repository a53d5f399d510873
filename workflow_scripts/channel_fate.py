"""Rule `channel_fate`: what became of a parent's localized channels in its child and grandchildren."""

from _job import start

job = start(snakemake)

from stylealign.alignment.channel_fate import channel_fate_rows
from stylealign.alignment.localized_channels import Thresholds
from stylealign.tables import CHANNEL_FATE, write_table

rows = channel_fate_rows(
    (job.spec["parent"], job.input.parent),
    (job.spec["model"], job.input.evidence),
    list(zip(job.spec["grandchildren"], job.input.grandchildren or [], strict=True)),
    Thresholds(**job.spec["thresholds"]),
    seed=job.spec["seed"],
)
write_table(job.output.rows, CHANNEL_FATE, rows, job.provenance)
