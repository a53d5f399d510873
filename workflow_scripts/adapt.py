"""Rule `adapt`: a model adapted from its parent by a text or a few images."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.region import region_of
from stylealign.adaptation.run import AdaptationFiles, adapt_model
from stylealign.adaptation.target_images import target_images
from stylealign.config.models import ResolvedModel
from stylealign.judges.load import load_described

tracked, asked = job.spec["model"], [*job.spec["clips"], *job.spec["region"]]
spec = ResolvedModel.joined(tracked, job.config["untracked"][tracked["name"]])
files = zip(asked, job.input.judges, strict=True)
judges = [load_described(one["judge"], one["spec"], weights, job.device) for one, weights in files]
clips, holding = judges[: len(job.spec["clips"])], judges[len(job.spec["clips"]) :]
adapt_model(
    spec,
    parent=job.input.parent,
    parent_pair=job.input.parent_pair,
    clips={clip.name: clip for clip in clips},
    state=job.output.g_ema.parent / ".resume",
    files=AdaptationFiles(**vars(job.output)),
    images=target_images(job.input.target, spec.adapt.num_images, spec.resolution),
    region=region_of(spec.adapt, holding, model=spec.name),
    threads=job.threads,
    provenance=job.provenance,
)
