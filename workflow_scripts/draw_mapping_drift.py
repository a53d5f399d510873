"""Rule `draw_mapping_drift`: figure mapping_drift."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.mapping_drift import draw_mapping_drift
from stylealign.tables import read_table

draw_mapping_drift(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "How far the mapping network moved")
