"""Rule `global_directions`: what edits by text change in a model."""

from _job import start

job = start(snakemake)

from stylealign.adaptation_tables import GLOBAL_DIRECTIONS
from stylealign.editing.text_edits import text_effect_rows
from stylealign.judges.load import load_described
from stylealign.tables import write_table

spec = job.spec
rows = text_effect_rows(
    spec["model"],
    job.input.g_ema,
    job.input.reference,
    job.input.edits,
    load_described(spec["judge"], spec["spec"], job.input.weights, job.device),
    relation=spec["relation"],
    reference_name=spec["reference"],
    strengths=dict(spec["strengths"]),
    quality=job.input.quality,
    domain=spec["domain"],
    clip=spec["clip"],
    seed=spec["seed"],
    device=job.device,
    **spec["settings"],
)
write_table(job.output.rows, GLOBAL_DIRECTIONS, rows, job.provenance)
