"""Rule `return_alignment`: how like its ancestor a model is that returned to the ancestor's domain."""

from _job import start

job = start(snakemake)

from stylealign.alignment.return_alignment import Protocol, measure_return, return_pictures, return_rows
from stylealign.editing.returned_edits import returned_edits
from stylealign.metrics.roles import load_roles
from stylealign.tables import RETURN_ALIGNMENT, write_table
from stylealign.translated_images import save_pictures

spec, controls = job.spec, job.input.controls or []
protocol = Protocol(spec["num_z"], spec["truncation_psi"], spec["seed"])
others = {
    "through": dict(zip(spec["through"], job.input.through, strict=True)),
    "returned": {spec["model"]: job.input.g_ema},
    "control_unrelated": dict(zip(spec["controls"], controls, strict=True)),
}
judges = load_roles(spec, {"judge": job.input.weights, "attributes_judge": job.input.reader}, job.device)
who = {"judge": judges["judge"], "reader": judges["attributes_judge"], "num_shown": spec["num_shown"]}
compared = measure_return((spec["ancestor"], job.input.ancestor[0]), others, protocol, **who, device=job.device)
about = {key: spec[key] for key in ("through", "domains")} | {"quality": job.input.quality, "protocol": protocol}
rows = return_rows(compared, judge=spec["judge"], reader=spec["attributes_judge"], **about)
edited = returned_edits(
    [job.input.ancestor[0], *job.input.through, job.input.g_ema, *controls],
    attributes=spec["edits"],
    channels=next(iter(job.input.channels or []), None),
    boundaries=next(iter(job.input.boundaries or []), None),
    device=job.device,
    **{key: spec[key] for key in ("strength", "truncation_psi", "seed")},
)
save_pictures(job.output.pictures, return_pictures(compared) | edited)
write_table(job.output.rows, RETURN_ALIGNMENT, rows, job.provenance)
