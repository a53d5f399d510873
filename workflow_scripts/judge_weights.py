"""Rule `judge_weights`: a judge's weights, fetched and checked."""

from _job import start

job = start(snakemake)

from stylealign.config.section import Download
from stylealign.judges.weights import fetch_weights

download = Download.model_validate(job.spec["spec"]["download"])
fetch_weights(job.spec["judge"], download.url, download.sha256, job.output.weights)
