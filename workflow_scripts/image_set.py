"""Rule `image_set`: a domain's images, cut to the study's resolution, with what is known of each."""

from _job import start

job = start(snakemake)

from stylealign.config.slices import domain_of
from stylealign.data.build import build_image_set

build_image_set(
    domain_of(job.spec),
    name=job.spec["name"],
    resolution=job.spec["resolution"],
    seed=job.spec["seed"],
    num_threads=job.threads,
    **vars(job.output),
)
