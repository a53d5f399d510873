"""Rule `draw_manipulations`: figure manipulations."""

from _job import start

job = start(snakemake)

from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.manipulations import draw_manipulations

parents = dict(job.spec["parents"])
images = dict(zip(parents, job.input.images, strict=True))
draw_manipulations(images, parents, job.output.png, job.output.pdf, num_z=job.spec["num"])
write_figure_page(job.output.png, job.output.html, "The same edit in every model")
