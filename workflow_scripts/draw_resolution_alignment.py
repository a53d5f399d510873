"""Rule `draw_resolution_alignment`: figure resolution_alignment."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.resolution_alignment import draw_resolution_alignment
from stylealign.tables import read_table

pictures = {path.stem: path for path in job.input.pictures}
draw_resolution_alignment(read_table(job.input.table), pictures, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Children of a lower resolution")
