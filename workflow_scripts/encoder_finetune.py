"""Rule `encoder_finetune`: how much sooner a child's encoder arrives when it starts from its parent's."""

from _job import start

job = start(snakemake)

from itertools import product

from stylealign.inversion.encoder_finetune import encoder_finetune_rows
from stylealign.tables import ENCODER_FINETUNE, write_table

rows = encoder_finetune_rows(
    job.spec["model"],
    job.spec["parent"],
    dict(zip(product(job.spec["spaces"], ["parent", "random"]), job.input.courses, strict=True)),
    judge=job.spec["judge"],
    seed=job.spec["seed"],
)
write_table(job.output.rows, ENCODER_FINETUNE, rows, job.provenance)
