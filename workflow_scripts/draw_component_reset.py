"""Rule `draw_component_reset`: figure component_reset."""

from _job import start

job = start(snakemake)

from stylealign.figures.component_reset import draw_component_reset
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

images = {path.stem: path for path in job.input.images}
draw_component_reset(read_table(job.input.table), images, dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What each component learned")
