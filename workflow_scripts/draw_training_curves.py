"""Rule `draw_training_curves`: figure training_curves."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.training_curves import draw_training_curves
from stylealign.tables import read_table

ticks = {path.parent.name: read_table(path) for path in job.input.ticks}
draw_training_curves(ticks, dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Training curves")
