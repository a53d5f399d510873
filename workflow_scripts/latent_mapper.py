"""Rule `latent_mapper`: a network that moves an adapted model's codes to where the target is."""

from _job import start

job = start(snakemake)

from stylealign.adaptation.mapper import train_mapper
from stylealign.config.adaptation_ablation import LatentMapping
from stylealign.judges.load import load_described

described = zip(job.spec["clips"], job.input.weights, strict=True)
clips = [(load_described(one["judge"], one["spec"], file, job.device), one["weight"]) for one, file in described]
train_mapper(
    LatentMapping.model_validate(job.spec["settings"]),
    g_ema=job.input.g_ema,
    clips=clips,
    target_text=job.spec["target_text"],
    state=job.output.mapper.parent / ".resume",
    seed=job.spec["seed"],
    device=job.device,
    **vars(job.output),
)
