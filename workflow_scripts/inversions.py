"""Rule `inversions`: the shards of an inversion as one file of codes."""

from _job import start

job = start(snakemake)

from stylealign.inversion.gather import gather

gather(job.input.shards, job.output.codes)
