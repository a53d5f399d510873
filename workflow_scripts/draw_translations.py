"""Rule `draw_translations`: figure translations."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.translations import draw_translations

draw_translations(job.input.pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "From one domain to another")
