"""Rule `locality_bias`: which of a parent's channels keep their function in a child of moved or turned pictures."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.alignment.locality_bias import kept_region_rows
from stylealign.alignment.localized_channels import Thresholds
from stylealign.config.judges import Judge
from stylealign.editing.locality_bias import locality_bias
from stylealign.judges.load import load_judge
from stylealign.tables import LOCALITY_BIAS, write_table
from stylealign.translated_images import save_pictures

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
regions = kept_region_rows(
    (job.spec["parent"], job.input.parent_evidence),
    (job.spec["model"], job.input.evidence),
    Thresholds(**job.spec["thresholds"]),
)
rows, pictures = locality_bias(
    regions,
    job.input.parent,
    job.input.g_ema,
    load_judge(job.spec["judge"], spec, job.input.weights, job.device),
    quality=job.input.quality,
    device=job.device,
    seed=job.spec["seed"],
    **job.spec["settings"],
)
write_table(job.output.rows, LOCALITY_BIAS, rows, job.provenance)
save_pictures(job.output.pictures, pictures)
