"""Rule `draw_component_reset`: figure component_reset."""

from _job import start

job = start(snakemake)

from stylealign.figures.component_reset import draw_component_reset
from stylealign.tables import read_table

images = {path.stem: path for path in job.input.images}
draw_component_reset(read_table(job.input.table), images, job.spec["parents"], job.output.png, job.output.pdf)
