"""Rule `draw_blend_grid`: figure blend_grid."""

from _job import start

job = start(snakemake)

from stylealign.figures.blend_grid import draw_blend_grid
from stylealign.figures.figure_page import write_figure_page

draw_blend_grid(job.input.pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Layers swapped, weights interpolated")
