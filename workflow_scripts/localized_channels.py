"""Rule `localized_channels`: the channels of a model that act in one region only."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.alignment.localized_channels import (
    Thresholds,
    channel_rows,
    evidence_of_shards,
    localized_channel_rows,
    save_evidence,
    scored,
)
from stylealign.config.judges import Judge
from stylealign.judges.load import load_judge
from stylealign.tables import CHANNELS, LOCALIZED_CHANNELS, write_table

spec = TypeAdapter(Judge).validate_python(job.spec["spec"])
parser = load_judge(job.spec["judge"], spec, job.input.weights, job.device)
thresholds = Thresholds(**job.spec["thresholds"])
evidence = scored(evidence_of_shards(job.input.maps, parser), job.input.quality, job.spec["domain"])
save_evidence(job.output.evidence, evidence)
write_table(job.output.channels, CHANNELS, channel_rows(evidence, thresholds, seed=job.spec["seed"]), job.provenance)
rows = localized_channel_rows(job.spec["model"], evidence, thresholds, seed=job.spec["seed"])
write_table(job.output.rows, LOCALIZED_CHANNELS, rows, job.provenance)
