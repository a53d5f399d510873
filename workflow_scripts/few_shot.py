"""Rule `few_shot`: the numbers of all trainings on few images as one table, a row a cell."""

from _job import start

job = start(snakemake)

from stylealign.metrics.few_shot import few_shot_rows, training_seconds
from stylealign.tables import TABLES, read_rows, write_table

scores, costs = read_rows(job.input.scores), read_rows(job.input.costs)
rows = few_shot_rows(scores, training_seconds(costs), job.spec["target"])
write_table(job.output.rows, TABLES["few_shot"], rows, job.provenance)
