"""Rule `manipulations`: pictures of edits of a model, the same edits as in every other."""

from _job import start

job = start(snakemake)

from stylealign.editing.manipulations import manipulation_images

manipulation_images(
    job.input.g_ema,
    job.output.images,
    reference=job.input.reference,
    channels=job.input.channels,
    boundaries=job.input.boundaries,
    text_edits=job.input.text_edits,
    attributes=job.spec["attributes"],
    edits=job.spec["edits"],
    strengths=job.spec["strengths"],
    num=job.spec["num"],
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    device=job.device,
)
