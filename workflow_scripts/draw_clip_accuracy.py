"""Rule `draw_clip_accuracy`: figure clip_accuracy."""

from _job import start

job = start(snakemake)

from stylealign.figures.clip_accuracy import draw_clip_accuracy
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_clip_accuracy(read_table(job.input.table), job.output.png, job.output.pdf, **job.spec)
write_figure_page(job.output.png, job.output.html, "What does a CLIP see?")
