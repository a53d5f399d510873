"""Rule `texture_translation`: the shape of an image, the style of random codes."""

from _job import start

job = start(snakemake)

from stylealign.editing.textures import texture_pictures
from stylealign.translated_images import save_pictures, source_sets

keys = ("direction", "method", "switch_px", "num_styles", "num_shown", "truncation_psi", "seed")
methods = [job.spec["method"]]
(sources,) = source_sets([job.spec["image_set"]], job.input.images, job.input.index, methods, [job.input.codes])
pictures = texture_pictures(
    *job.input.models,
    sources,
    **{key: job.spec[key] for key in keys},
    device=job.device,
)
save_pictures(job.output.pictures, pictures)
