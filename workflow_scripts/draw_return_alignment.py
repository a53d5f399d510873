"""Rule `draw_return_alignment`: figure return_alignment."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.return_alignment import draw_return_alignment

draw_return_alignment(job.input.pictures, *job.input.tables, png=job.output.png, pdf=job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Forgotten or hidden?")
