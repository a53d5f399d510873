"""Rule `layer_reset`: the image change when one resolution's convolutions are reset to the parent's."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.alignment.layer_reset import layer_reset_rows
from stylealign.config.judges import Judge
from stylealign.judges.load import load_judge
from stylealign.tables import LAYER_RESET, write_table

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
rows = layer_reset_rows(
    job.spec["model"],
    job.input.g_ema,
    [(job.spec["parent"], job.input.parent)],
    load_judge(job.spec["judge"], spec, job.input.weights, job.device),
    num_images=job.spec["num_images"],
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    device=job.device,
)
write_table(job.output.rows, LAYER_RESET, rows, job.provenance)
