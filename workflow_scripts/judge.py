"""Rule `judge`: the study's own judge, trained on exact labels, and how well it reads held-out images."""

from _job import start

job = start(snakemake)

from stylealign.config.judges import EmbeddedJudge
from stylealign.training.judge import train_judge

image_sets = zip(job.spec["domains"], job.input.images, job.input.index, job.input.regions, strict=True)
train_judge(
    EmbeddedJudge.model_validate(job.spec["spec"]),
    name=job.spec["judge"],
    seed=job.spec["seed"],
    image_sets=list(image_sets),
    state=job.output.judge.parent / ".resume",
    device=job.device,
    provenance=job.provenance,
    **vars(job.output),
)
