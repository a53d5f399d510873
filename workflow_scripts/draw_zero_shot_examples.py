"""Rule `draw_zero_shot_examples`: figure zero_shot_examples."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.zero_shot_examples import draw_zero_shot_examples

draw_zero_shot_examples(job.input.pictures, job.spec["models"], job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "What the parent's labels say of a relative's images")
