"""Rule `adopt`: a finished checkpoint becomes a model of the study."""

from _job import start

job = start(snakemake)

from stylealign.config.models import ResolvedModel
from stylealign.training.adopt import adopt_checkpoint

adopt_checkpoint(
    ResolvedModel.joined(job.spec, job.config["untracked"][job.spec["name"]]),
    **vars(job.output),
    parent=job.input.parent,
    provenance=job.provenance,
)
