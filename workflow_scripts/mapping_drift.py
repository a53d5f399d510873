"""Rule `mapping_drift`: how far one model's mapping lies from its ancestors' and the controls'."""

from _job import start

job = start(snakemake)

from stylealign.alignment.mapping_drift import mapping_drift_rows
from stylealign.tables import MAPPING_DRIFT, write_table

relatives = [
    (name, relation, path) for (name, relation), path in zip(job.spec["relatives"], job.input.relatives, strict=True)
]
rows = mapping_drift_rows(
    job.spec["model"],
    job.input.g_ema,
    relatives,
    num_z=job.spec["num_z"],
    seed=job.spec["seed"],
    device=job.device,
)
write_table(job.output.rows, MAPPING_DRIFT, rows, job.provenance)
