"""Rule `draw_blend_smoothness`: figure blend_smoothness."""

from _job import start

job = start(snakemake)

from stylealign.figures.blend_smoothness import draw_blend_smoothness
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_blend_smoothness(read_table(job.input.table), job.spec["pairs"], job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "How even is the way?")
