"""Rule `reference_translation`: the shape of one image, the style of another."""

from _job import start

job = start(snakemake)

from stylealign.editing.reference_mix import reference_pictures, reference_translations
from stylealign.metrics.reference_quality import reference_rows
from stylealign.metrics.roles import load_roles
from stylealign.tables import REFERENCE_TRANSLATION, write_table
from stylealign.translated_images import SourceSet, save_pictures, source_sets

spec, models = job.spec, job.input.models
own_codes = dict(zip(spec["methods"], job.input.references, strict=True))
references = SourceSet(spec["references"], *job.input.reference_set, own_codes)
sets = source_sets(spec["image_sets"], job.input.images, job.input.index, spec["methods"], job.input.codes)
mixing = {"switch_px": spec["switch_px"], "device": job.device}
drawn = {"num_references": spec["num_references"], "seed": spec["seed"]}
weights = {"judge": job.input.weights, "attributes_judge": job.input.reader, "diversity_judge": job.input.diversity}
judges = load_roles(spec, weights, job.device)
measuring = {key: spec[key] for key in ("kept", "split", "seed", "switch_px")}
rows = [
    row
    for sources in sets
    for row in reference_rows(
        spec["direction"],
        reference_translations(*models, sources, references, **drawn, **mixing),
        **judges,
        **measuring,
        real=job.input.real,
        sources=sources,
        references=references,
    )
]
write_table(job.output.rows, REFERENCE_TRANSLATION, rows, job.provenance)
shown = {key: spec[key] for key in ("direction", "num_shown")}
save_pictures(job.output.pictures, reference_pictures(*models, sets[0], references, **shown, **mixing))
