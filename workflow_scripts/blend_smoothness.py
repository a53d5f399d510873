"""Rule `blend_smoothness`: from one model to another by swapping layers and by interpolating weights."""

from _job import start

job = start(snakemake)

from stylealign.editing.blend import blend_pictures
from stylealign.editing.blend_smoothness import blend_rows
from stylealign.judges.load import load_described
from stylealign.tables import BLEND_SMOOTHNESS, write_table
from stylealign.translated_images import save_pictures

way = {key: job.spec[key] for key in ("granularity", "truncation_psi", "seed")} | {"device": job.device}
judge = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
rows = blend_rows(job.spec["pair"], job.input.models, judge, num_z=job.spec["num_z"], **way)
shown = {key: job.spec[key] for key in ("ratios", "num_shown")}
pictures = blend_pictures(job.spec["pair"], job.spec["models"], job.input.models, **shown, **way)
save_pictures(job.output.pictures, pictures)
write_table(job.output.rows, BLEND_SMOOTHNESS, rows, job.provenance)
