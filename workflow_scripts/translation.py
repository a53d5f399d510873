"""Rule `translation`: images of one domain as images of another, by every method, beside controls."""

from _job import start

job = start(snakemake)

from stylealign.editing.translations import translate_direction, translation_pictures
from stylealign.metrics.roles import load_roles
from stylealign.metrics.translation_quality import translation_rows
from stylealign.tables import TRANSLATION, write_table
from stylealign.translated_images import save_pictures, source_sets

sets = source_sets(job.spec["image_sets"], job.input.images, job.input.index, job.spec["methods"], job.input.codes)
translated = translate_direction(
    *job.input.models,
    sets,
    unrelated=job.input.stranger,
    baselines=dict(zip(job.spec["baselines"], job.input.baselines or [], strict=True)),
    truncation_psi=job.spec["truncation_psi"],
    seed=job.spec["seed"],
    device=job.device,
)
rows = translation_rows(
    job.spec["direction"],
    translated,
    **load_roles(job.spec, {"judge": job.input.weights, "attributes_judge": job.input.reader}, job.device),
    real=job.input.real,
    sets=sets,
    **{key: job.spec[key] for key in ("kept", "split", "seed")},
)
names = {key: job.spec[key] for key in ("direction", "source_model", "target_model", "num_shown")}
save_pictures(job.output.pictures, translation_pictures(translated, **names))
write_table(job.output.rows, TRANSLATION, rows, job.provenance)
