"""Rule `morph`: images of one model turned into those of another, filmed, and every step measured."""

from _job import start

job = start(snakemake)

from stylealign.editing.morph_pairs import open_pairs
from stylealign.editing.morph_smoothness import morph_film, morph_pictures, morph_rows
from stylealign.editing.video import make_videos
from stylealign.judges.load import load_described
from stylealign.tables import MORPH_SMOOTHNESS, write_table
from stylealign.translated_images import save_pictures, source_sets

files = [getattr(job.input, name) or [] for name in ("images", "index", "codes")]
sets = source_sets(job.spec["image_sets"], *files[:2], [job.spec.get("method")], files[2])
pairs = open_pairs(
    job.input.models,
    sets,
    num_pairs=job.spec["num_pairs"],
    split=job.spec["split"],
    truncation_psi=job.spec.get("truncation_psi", 1.0),
    seed=job.spec["seed"],
    device=job.device,
)
judge = load_described(job.spec["judge"], job.spec["spec"], job.input.weights, job.device)
measured = {key: job.spec[key] for key in ("num_frames", "seed")}
rows, steps = morph_rows(job.spec["morph"], pairs, judge, **measured)
shown = {key: job.spec[key] for key in ("grid", "num_shown")}
pictures = morph_pictures(job.spec["morph"], job.spec["models"], pairs, steps, **shown)
film = morph_film(pairs, **{key: job.spec[key] for key in ("num_frames", "easing", "num_shown")})
make_videos(job.output.videos, film, job.spec["seconds"])
save_pictures(job.output.pictures, pictures)
write_table(job.output.rows, MORPH_SMOOTHNESS, rows, job.provenance)
