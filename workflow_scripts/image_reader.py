"""Rule `image_reader`: a network trained on the images of a labelled parent, the baseline of zero-shot transfer."""

from _job import start

job = start(snakemake)

from stylealign.config.judges import EmbeddedJudge
from stylealign.training.judge import train_judge

train_judge(
    EmbeddedJudge.model_validate(job.spec["spec"]),
    name=f"image_reader of {job.spec['model']}",
    seed=job.spec["seed"],
    image_sets=[(job.spec["domain"], job.input.images, job.input.index, None)],
    judge=job.output.reader,
    quality=job.output.quality,
    state=job.output.reader.with_name(f".{job.spec['model']}.resume"),
    device=job.device,
    provenance=job.provenance,
    calmer="raise studies.zero_shot_*.image_kimg: its warm-up grows with it",
)
