"""Rule `edits_across_domains`: a parent's real images and its edits of them, rendered by an adapted model."""

from _job import start

job = start(snakemake)

from stylealign.adaptation_tables import EDITS_ACROSS_DOMAINS
from stylealign.data.image_set import ImageSet
from stylealign.editing.edits_across_domains import crossing_pictures, crossing_rows, open_crossing
from stylealign.images import to_hwc
from stylealign.judged_attributes import read_scores
from stylealign.judges.load import load_described
from stylealign.tables import write_table
from stylealign.translated_images import save_pictures

asked = job.spec["settings"]
crossing = open_crossing(
    job.input.parent,
    job.input.g_ema,
    job.input.codes,
    job.input.channels,
    job.input.boundaries,
    **{key: asked[key] for key in ("attributes", "edits", "strength")},
    seed=job.spec["seed"],
    device=job.device,
)
images = ImageSet.open(job.input.images, job.input.index)
shown = [images.image_ids.index(image_id) for image_id in crossing.codes.image_ids[: asked["num"]]]
about = {key: job.spec[key] for key in ("parent", "model", "seed")}
about["protocol"] = f"{job.spec['image_set']}, {crossing.codes.passport.method}, constant noise"
judge = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
scores = read_scores(job.input.quality, judge.name)
measured = {key: asked[key] for key in ("attributes", "kept", "named")}
rows = crossing_rows(crossing, judge, scores, **measured, domains=job.spec["domains"], about=about)
pictures = crossing_pictures(crossing, to_hwc(images.read(shown)), asked["num"])
save_pictures(job.output.pictures, {**pictures, "names": [job.spec["parent"], job.spec["model"]]})
write_table(job.output.rows, EDITS_ACROSS_DOMAINS, rows, job.provenance)
