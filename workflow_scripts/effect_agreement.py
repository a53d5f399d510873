"""Rule `effect_agreement`: whether the same edits do the same in a model and its relatives."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.config.judges import Judge
from stylealign.editing.effect_agreement import Relative, effect_agreement_rows
from stylealign.judges.load import load_judge
from stylealign.tables import EFFECT_AGREEMENT, write_table

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
files = zip(job.input.relatives, job.input.channels, job.input.boundaries, strict=True)
rows = effect_agreement_rows(
    job.spec["model"],
    job.input.g_ema,
    [Relative(*relative, *paths) for relative, paths in zip(job.spec["relatives"], files, strict=True)],
    load_judge(job.spec["judge"], spec, job.input.weights, job.device),
    attributes=job.spec["attributes"],
    num_channels=job.spec["num_channels"],
    num_z=job.spec["num_z"],
    strength=job.spec["strength"],
    truncation_psi=job.spec["truncation_psi"],
    quality=job.input.quality,
    domains=job.spec["domains"],
    seed=job.spec["seed"],
    device=job.device,
)
write_table(job.output.rows, EFFECT_AGREEMENT, rows, job.provenance)
