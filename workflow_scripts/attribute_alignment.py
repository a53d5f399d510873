"""Rule `attribute_alignment`: whether the same z means the same in a model and its relatives."""

from _job import start

job = start(snakemake)

from stylealign.alignment.attribute_alignment import attribute_alignment_rows
from stylealign.tables import ATTRIBUTE_ALIGNMENT, write_table

relatives = [
    (name, relation, job.spec["domains"][name], path)
    for (name, relation), path in zip(job.spec["relatives"], job.input.relatives, strict=True)
]
rows = attribute_alignment_rows(
    job.spec["model"],
    job.spec["domain"],
    job.input.features,
    relatives,
    judge=job.spec["judge"],
    quality=job.input.quality,
    num_z=job.spec["num_z"],
    seed=job.spec["seed"],
)
write_table(job.output.rows, ATTRIBUTE_ALIGNMENT, rows, job.provenance)
