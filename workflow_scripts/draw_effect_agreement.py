"""Rule `draw_effect_agreement`: figure effect_agreement."""

from _job import start

job = start(snakemake)

from stylealign.figures.effect_agreement import draw_effect_agreement
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_effect_agreement(read_table(job.input.table), dict(job.spec["parents"]), job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Does the same edit do the same?")
