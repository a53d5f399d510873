"""Rule `draw_attribute_alignment`: figure attribute_alignment."""

from _job import start

job = start(snakemake)

from stylealign.figures.attribute_alignment import draw_attribute_alignment
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_attribute_alignment(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What models share, attribute by attribute")
