"""Rule `draw_channel_overlap`: figure channel_overlap."""

from _job import start

job = start(snakemake)

from stylealign.figures.channel_overlap import draw_channel_overlap
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_channel_overlap(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Localized channels that two models share")
