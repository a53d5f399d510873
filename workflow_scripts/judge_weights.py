"""Rule `judge_weights`: a judge's weights, fetched and checked."""

from _job import start

job = start(snakemake)

from pydantic import TypeAdapter

from stylealign.config.section import Download, HubDownload
from stylealign.judges.load import fetch

download = TypeAdapter(Download | HubDownload).validate_python(job.spec["spec"]["download"])
fetch(job.spec["judge"], download, job.output.weights)
