"""Rule `draw_family`: figure family."""

from _job import start

job = start(snakemake)

from stylealign.figures.family import draw_family

samples = {path.parent.name: path for path in job.input.samples}
draw_family(samples, job.spec["parents"], job.output.png, pdf=job.output.pdf)
