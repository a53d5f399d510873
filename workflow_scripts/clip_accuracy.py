"""Rule `clip_accuracy`: what a CLIP tells apart by text alone."""

from _job import start

job = start(snakemake)

from stylealign.adaptation_tables import CLIP_ACCURACY
from stylealign.data.image_set import ImageSet
from stylealign.judges.load import load_described
from stylealign.metrics.clip_accuracy import clip_rows
from stylealign.tables import write_table

clip = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
files = zip(job.spec["domains"], job.input.images, job.input.index, strict=True)
sets = {domain: ImageSet.open(images, index, "test") for domain, images, index in files}
first = {
    domain: image_set.taken(range(min(image_set.num, job.spec["num_images"]))) for domain, image_set in sets.items()
}
pixels = {domain: image_set.all() for domain, image_set in first.items()}
captions = {domain: image_set.captions for domain, image_set in first.items()}
write_table(job.output.rows, CLIP_ACCURACY, clip_rows(clip, pixels, captions, seed=job.spec["seed"]), job.provenance)
