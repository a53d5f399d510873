"""Rule `zero_shot_regression`: numbers of a child's images, answered by what is known of the parent's."""

from _job import start

job = start(snakemake)

from stylealign.boundaries import load_boundaries
from stylealign.tables import ZERO_SHOT_REGRESSION, write_table
from stylealign.transfer.zero_shot_images import Side, load_reader
from stylealign.transfer.zero_shot_pictures import example_pictures
from stylealign.transfer.zero_shot_questions import numbers_asked
from stylealign.transfer.zero_shot_rows import predict, rows_of, see_pair
from stylealign.translated_images import save_pictures

pair = see_pair(
    job.spec["direction"],
    *map(Side, job.input.models, job.input.images, job.input.index, job.input.encoders),
    load_reader(job.input.reader, job.device),
    **{name: job.spec[name] for name in ("space", "num_train", "num_test")},
    device=job.device,
)
how = {name: job.spec[name] for name in ("num_layers", "num_random")}
asked = numbers_asked(pair, job.spec["attributes"], load_boundaries(job.input.boundaries))
predicted = [predict(pair, truth, **how, seed=job.spec["seed"]) for truth in asked]
save_pictures(job.output.pictures, example_pictures(pair, predicted, about=job.spec, num_shown=job.spec["num_shown"]))
write_table(job.output.rows, ZERO_SHOT_REGRESSION, rows_of(pair, predicted, about=job.spec, **how), job.provenance)
