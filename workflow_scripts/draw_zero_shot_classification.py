"""Rule `draw_zero_shot_classification`: figure zero_shot_classification."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.zero_shot_classification import draw_zero_shot_classification
from stylealign.tables import read_table

draw_zero_shot_classification(read_table(job.input.table), job.spec["models"], job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Yes or no of a relative's images, by the parent's labels")
