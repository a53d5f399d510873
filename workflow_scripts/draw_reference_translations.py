"""Rule `draw_reference_translations`: figure reference_translations."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.reference_translations import draw_reference_translations

draw_reference_translations(job.input.pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "The shape of one image, the style of another")
