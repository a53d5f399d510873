"""Rule `channel_effects`: the channels of a model that move an attribute, measured by moving each."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.config.judges import Judge
from stylealign.editing.channel_effects import channel_effect_rows
from stylealign.judges.load import load_judge
from stylealign.tables import CHANNEL_EFFECTS, write_table

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
rows = channel_effect_rows(
    job.spec["model"],
    job.input.g_ema,
    load_judge(job.spec["judge"], spec, job.input.weights, job.device),
    attributes=job.spec["attributes"],
    num_listed=job.spec["num_listed"],
    num_z=job.spec["num_z"],
    strength=job.spec["strength"],
    truncation_psi=job.spec["truncation_psi"],
    quality=job.input.quality,
    domain=job.spec["domain"],
    seed=job.spec["seed"],
    device=job.device,
)
write_table(job.output.rows, CHANNEL_EFFECTS, rows, job.provenance)
