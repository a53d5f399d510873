"""Rule `clip_space`: where a CLIP sees real images, generated ones and texts."""

from _job import start

job = start(snakemake)

from stylealign.adaptation_tables import CLIP_SPACE
from stylealign.data.image_set import ImageSet
from stylealign.judges.load import load_described
from stylealign.metrics import clip_space
from stylealign.tables import write_table
from stylealign.translated_images import save_pictures

num, psi, seed = job.spec["num_images"], job.spec["truncation_psi"], job.spec["seed"]
clip = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
files = zip(job.spec["domains"], job.input.images, job.input.index, strict=True)
sets = {name: ImageSet.open(images, index, "test") for name, images, index in files}
real = clip_space.real_clouds(clip, sets, num)
models = [job.spec[key] for key in ("models", "notes", "parents")]
drawn = clip_space.generated_clouds(clip, job.input.models, *models, num=num, truncation_psi=psi, seed=seed)
clouds = [*real, *drawn, *clip_space.text_clouds(clip, job.spec["texts"])]
plane = clip_space.fitted_plane([one.embeddings for one in real])
protocol = f"held-out images of {' and '.join(job.spec['domains'])}; psi{psi:g}, fresh noise"
about = {"judge": job.spec["judge"], "seed": seed, "protocol": protocol}
save_pictures(job.output.pictures, clip_space.view_arrays(clouds, plane))
rows = clip_space.clip_space_rows(job.spec["view"], clouds, plane, about)
write_table(job.output.rows, CLIP_SPACE, rows, job.provenance)
