"""Rule `draw_progress`: figure progress."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.progress import draw_progress

samples = {path.parent.name: path for path in job.input.samples}
draw_progress(samples, dict(job.spec["parents"]), job.output.png, pdf=job.output.pdf)
write_figure_page(job.output.png, job.output.html, "The same z while models learn")
