"""Rule `draw_adaptation_ablation`: figure adaptation_ablation."""

from _job import start

job = start(snakemake)

from stylealign.figures.adaptation_ablation import draw_adaptation_ablation
from stylealign.figures.figure_page import write_figure_page

draw_adaptation_ablation(job.input.pictures, job.input.table, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What each part of an adaptation does")
