"""Rule `draw_clip_space`: figure clip_space."""

from _job import start

job = start(snakemake)

from stylealign.figures.clip_space import draw_clip_space
from stylealign.figures.figure_page import write_figure_page
from stylealign.tables import read_table

draw_clip_space(read_table(job.input.table), job.input.pictures, job.output.png, job.output.pdf)
write_figure_page(job.output.png, job.output.html, "Images and texts in CLIP's space")
