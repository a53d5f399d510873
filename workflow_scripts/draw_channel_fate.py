"""Rule `draw_channel_fate`: figure channel_fate."""

from _job import start

job = start(snakemake)

from stylealign.figures.channel_fate import draw_channel_fate
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_channel_fate(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Forgotten or hidden?")
