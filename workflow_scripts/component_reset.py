"""Rule `component_reset`: the image change when a component is reset to the parent's, and images of it."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.alignment.component_reset import component_reset_images, component_reset_rows
from stylealign.config.judges import Judge
from stylealign.judges.load import load_judge
from stylealign.tables import COMPONENT_RESET, write_table

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
judge = load_judge(job.spec["judge"], spec, job.input.weights, job.device)
rows = component_reset_rows(
    job.spec["model"],
    job.input.g_ema,
    [(job.spec["parent"], job.input.parent)],
    judge,
    num_images=job.spec["num_images"],
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    device=job.device,
)
component_reset_images(
    job.input.g_ema,
    job.input.parent,
    job.output.images,
    num_samples=job.spec["samples"]["num"],
    seed=job.spec["seed"],
    truncation_psi=job.spec["samples"]["truncation_psi"],
    device=job.device,
)
write_table(job.output.rows, COMPONENT_RESET, rows, job.provenance)
