"""Rule `adopt_encoder`: a published encoder becomes an encoder of the study."""

from _job import start

job = start(snakemake)

from stylealign.inversion.adopt_encoder import adopt_encoder

adopt_encoder(
    job.input.file,
    space=job.spec["space"],
    model=job.spec["model"],
    g_ema=job.input.g_ema,
    output=job.output.encoder,
    seed=job.spec["seed"],
    device=job.device,
)
