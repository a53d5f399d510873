"""Rule `draw_morph_smoothness`: figure morph_smoothness."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.morph_smoothness import draw_morph_smoothness

draw_morph_smoothness(job.input.pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "How large each step of a morph is")
