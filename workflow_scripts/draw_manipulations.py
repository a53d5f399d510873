"""Rule `draw_manipulations`: figure manipulations."""

from _job import start

job = start(snakemake)

from stylealign.figures.manipulations import draw_manipulations

from stylealign.figures.figure_page import write_figure_page

parents = dict(job.spec["parents"])
draw_manipulations(dict(zip(parents, job.input.images, strict=True)), parents, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "The same edit in every model")
