"""Rule `draw_morph_grid`: figure morph_grid."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.morph_grid import draw_morph_grid

draw_morph_grid(job.input.pictures, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "From one image to another", job.input.videos)
