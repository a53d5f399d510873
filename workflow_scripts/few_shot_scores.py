"""Rule `few_shot_scores`: FID, KID, diversity and memorisation of the trainings of one cell."""

from _job import start

job = start(snakemake)

from stylealign.data.image_set import ImageSet
from stylealign.judges.load import load_described
from stylealign.metrics.few_shot import few_shot_scores
from stylealign.tables import TABLES, write_table

spec = job.spec
rows = few_shot_scores(
    dict(zip(spec["seeds"], job.input.g_ema, strict=True)),
    judge=load_described(spec["judge"], spec["spec"], job.input.weights, job.device),
    diversity_judge=load_described(spec["diversity_judge"], spec["diversity_spec"], job.input.diversity, job.device),
    real=job.input.real,
    image_set=ImageSet.open(job.input.images, job.input.index, "train"),
    held_out=ImageSet.open(job.input.images, job.input.index, "test"),
    cell={key: spec[key] for key in ("method", "num_images", "start")},
    **{key: spec[key] for key in ("num_gen", "split", "num_clusters", "seed")},
)
write_table(job.output.rows, TABLES["few_shot_scores"], rows, job.provenance)
