"""Rule `model_quality`: FID and KID of one model against every domain."""

from _job import start

job = start(snakemake)

from stylealign.config.checkpoint_header import read_card_values
from stylealign.metrics.model_quality import model_quality_rows
from stylealign.tables import MODEL_QUALITY, write_table

rows = model_quality_rows(
    job.spec["model"],
    job.input.features,
    dict(zip(job.spec["domains"], job.input.domains, strict=True)),
    own_domain=job.spec["own_domain"],
    kimg=read_card_values(job.input.g_ema)["kimg"],
    judge=job.spec["judge"],
    seed=job.spec["seed"],
    split=job.spec["split"],
)
write_table(job.output.rows, MODEL_QUALITY, rows, job.provenance)
