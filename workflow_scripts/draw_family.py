"""Rule `draw_family`: figure family."""

from _job import start

job = start(snakemake)

from stylealign.figures.family import draw_family
from stylealign.figures.figure_page import write_figure_page

samples = {path.parent.name: path for path in job.input.samples}
draw_family(samples, dict(job.spec["parents"]), job.output.png, notes=job.spec.get("notes", {}), pdf=job.output.pdf)
write_figure_page(job.output.png, job.output.html, "The same z in every model")
