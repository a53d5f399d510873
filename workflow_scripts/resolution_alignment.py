"""Rule `resolution_alignment`: what a child of a lower resolution shares with its parent, and what it cost."""

from _job import start

job = start(snakemake)

from stylealign.data.image_set import ImageSet
from stylealign.editing.resolution_alignment import agreement_rows, load_models, shown_images
from stylealign.editing.resolution_verdict import verdict_rows
from stylealign.judges.coarse import CoarseJudge
from stylealign.metrics.resolution_course import course_rows, moments_of
from stylealign.metrics.roles import load_roles
from stylealign.tables import RESOLUTION_ALIGNMENT, write_table
from stylealign.translated_images import save_pictures

spec, asked = job.spec, job.spec["settings"]
judges = load_roles(spec, {"judge": job.input.weights, "attributes_judge": job.input.reader}, job.device)
models = load_models(job.input.parent, job.input.g_ema, job.input.scratch, job.device)
common = {"seed": spec["seed"], "purpose": (spec["parent"], spec["model"])}
names = ("attributes", "num_z", "truncation_psi", "num_channels", "num_effect_z", "strength", "min_effect")
rows = agreement_rows(
    models,
    judges["judge"],
    judges["attributes_judge"],
    **{"domain": spec["domain"], "judged_px": spec["judged_px"], "quality": job.input.quality, **common},
    **{name: asked[name] for name in names},
)
rows += course_rows(
    moments_of(models.states, models.kimg, job.input.snapshots, job.input.scratch_snapshots, job.device),
    CoarseJudge(judges["judge"], models.resolution, spec["judged_px"]),
    ImageSet.open(job.input.images, job.input.index, asked["split"]),
    **{"num_gen": asked["num_gen"], "split": asked["split"], **common},
)
rows += verdict_rows(rows)
about = {key: spec[key] for key in ("parent", "model", "judge", "seed")} | models.sizes()
write_table(job.output.rows, RESOLUTION_ALIGNMENT, [about | row for row in rows], job.provenance)
shown = shown_images(models, num=asked["num_shown"], truncation_psi=asked["truncation_psi"], seed=spec["seed"])
save_pictures(job.output.pictures, shown)
