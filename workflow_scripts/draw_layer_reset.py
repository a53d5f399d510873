"""Rule `draw_layer_reset`: figure layer_reset."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.layer_reset import draw_layer_reset
from stylealign.tables import read_table

draw_layer_reset(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Where in the network the change lives")
