"""Rule `study`: the study as it was resolved, and what it ran on."""

from _job import start

job = start(snakemake)

import json

from stylealign.provenance import environment

job.output.config.write_text(job.spec["yaml"])
job.output.environment.write_text(json.dumps(environment(), indent=2) + "\n")
