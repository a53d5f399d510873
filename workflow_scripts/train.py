"""Rule `train`: a model, from nothing or from its parent."""

from _job import start

job = start(snakemake)

from stylealign.config.models import ResolvedModel
from stylealign.training.run import train_model

train_model(
    ResolvedModel.joined(job.spec, job.config["untracked"][job.spec["name"]]),
    **vars(job.input),
    **vars(job.output),
    state=job.output.g_ema.parent / ".resume",
    threads=job.threads,
    processes=job.resources["processes"],
    provenance=job.provenance,
)
