"""Rule `draw_adaptations`: figure adaptations."""

from _job import start

job = start(snakemake)

from stylealign.figures.adaptations import draw_adaptations
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

samples = {path.parent.name: path for path in job.input.samples}
parents = [(model, parent) for model, parent in job.spec["parents"]]
draw_adaptations(read_table(job.input.table), samples, parents, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Adapted by words or by a few images")
