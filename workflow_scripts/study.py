"""Rule `study`: the study as it was resolved, and what it ran on."""

from _job import start

job = start(snakemake)

import json

import yaml

from stylealign.provenance import environment

job.output.config.write_text(yaml.safe_dump(job.spec, sort_keys=False, allow_unicode=True, width=100))
job.output.environment.write_text(json.dumps(environment(), indent=2) + "\n")
