"""Rule `few_shot_images`: images of an adapted model as an image set, to tune its parent's pair on."""

from _job import start

job = start(snakemake)

from stylealign.training.generated_images import generate_image_set

settings = {key: job.spec[key] for key in ("num", "seed")}
generate_image_set(job.input.g_ema, **vars(job.output), **settings, device=job.device)
