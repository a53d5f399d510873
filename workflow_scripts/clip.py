"""Rule `clip`: a small CLIP of the study's own, trained on the worlds' images and captions."""

from _job import start

job = start(snakemake)

from stylealign.config.judges import EmbeddedClip
from stylealign.training.clip import train_clip

train_clip(
    EmbeddedClip.model_validate(job.spec["spec"]),
    name=job.spec["judge"],
    seed=job.spec["seed"],
    image_sets=list(zip(job.spec["domains"], job.input.images, job.input.index, strict=True)),
    state=job.output.judge.parent / ".resume",
    device=job.device,
    **vars(job.output),
)
