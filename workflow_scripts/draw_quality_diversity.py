"""Rule `draw_quality_diversity`: figure quality_diversity."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.quality_diversity import draw_quality_diversity
from stylealign.tables import read_table

table = read_table(job.input.table)
draw_quality_diversity(table, job.spec["domains"], job.spec["models"], job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Quality and diversity")
