"""Rule `adapt`: a model adapted from its parent by a text or a few images."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.region import open_region
from stylealign.adaptation.run import AdaptationFiles, adapt_model
from stylealign.adaptation.target_images import target_images
from stylealign.config.models import ResolvedModel
from stylealign.judges.load import load_described

tracked, asked = job.spec["model"], job.spec["region"]
spec = ResolvedModel.joined(tracked, job.config["untracked"][tracked["name"]])
opened = [
    load_described(clip["judge"], clip["spec"], weights, job.device)
    for clip, weights in zip(job.spec["clips"], job.input.clips, strict=True)
]
weights = {"judge": job.input.region_judge, "perceptual": job.input.perceptual}
held = {role: load_described(one["judge"], one["spec"], weights[role], job.device) for role, one in asked.items()}
adapt_model(
    spec,
    parent=job.input.parent,
    parent_pair=job.input.parent_pair,
    clips={clip.name: clip for clip in opened},
    state=job.output.g_ema.parent / ".resume",
    files=AdaptationFiles(**vars(job.output)),
    images=target_images(job.input.folder, job.input.images, job.input.index, spec.adapt.num_images, spec.resolution),
    region=open_region(spec.adapt.region, held["judge"], held.get("perceptual"), model=spec.name) if held else None,
    threads=job.threads,
    provenance=job.provenance,
)
