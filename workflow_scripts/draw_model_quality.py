"""Rule `draw_model_quality`: figure model_quality."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.model_quality import draw_model_quality
from stylealign.tables import read_table

draw_model_quality(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "FID and KID")
