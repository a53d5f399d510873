"""Rule `inversion`: codes of some images of a set, by one method, in one model."""

from _job import start

job = start(snakemake)

from stylealign.config.inversion import Inversion
from stylealign.inversion.invert import invert
from stylealign.judges.load import load_described

invert(
    job.input.g_ema,
    job.input.images,
    job.input.index,
    job.output.codes,
    method=job.spec["method"],
    settings=Inversion.model_validate(job.spec["settings"]),
    judge=load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device),
    region_judge=load_described(
        job.spec["regions_judge"], job.spec["regions_spec"], job.input.regions_weights, job.device
    ),
    regions=job.input.regions,
    encoder=job.input.encoder,
    first=job.spec["first"],
    num=job.spec["num"],
    cache=job.output.codes.parents[1] / ".cache" / job.spec["method"],
    seed=job.spec["seed"],
    device=job.device,
)
