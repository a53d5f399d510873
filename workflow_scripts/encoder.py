"""Rule `encoder`: a network that finds a model's codes of images at a glance."""

from _job import start

job = start(snakemake)

from stylealign.config.inversion import Encoders
from stylealign.judges.load import load_described
from stylealign.training.encoder import train_encoder

train_encoder(
    Encoders.model_validate({**job.spec["settings"], "checkpoint_kimg": job.config["encoder_checkpoint_kimg"]}),
    space=job.spec["space"],
    start=job.spec["start"],
    model=job.spec["model"],
    g_ema=job.input.g_ema,
    images=job.input.images,
    index=job.input.index,
    judge=load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device),
    truncation_psi=job.spec["truncation_psi"],
    parent=job.input.parent,
    output=job.output.encoder,
    course=job.output.course,
    state=job.output.encoder.with_name(f".{job.output.encoder.stem}.resume"),
    seed=job.spec["seed"],
    device=job.device,
    provenance=job.provenance,
)
