"""Rule `inversion_quality`: how well a model gives images back, by each way of inverting them."""

from _job import start

job = start(snakemake)

from stylealign.inversion.quality import inversion_pictures, inversion_quality_rows
from stylealign.judges.load import load_described
from stylealign.tables import INVERSION_QUALITY, write_table
from stylealign.translated_images import save_pictures

image_sets = dict.fromkeys(name for name, _ in job.spec["inversions"])
sets = dict(zip(image_sets, zip(job.input.images, job.input.index, strict=True), strict=True))
codes = [(*which, path) for which, path in zip(job.spec["inversions"], job.input.codes, strict=True)]
common = {"sets": sets, "split": job.spec["split"], "device": job.device}
rows = inversion_quality_rows(
    job.spec["model"],
    job.input.g_ema,
    codes,
    judge=load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device),
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    **common,
)
pictures = inversion_pictures(job.spec["model"], job.input.g_ema, codes, num_shown=job.spec["num_shown"], **common)
save_pictures(job.output.pictures, pictures)
write_table(job.output.rows, INVERSION_QUALITY, rows, job.provenance)
