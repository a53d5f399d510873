# Look-ups of few-shot fine-tuning: its trainings are no models of the study, and their files lie apart.
from stylealign.config import few_shot_plan, few_shot_slices

SHOTS = few_shot_plan.measured(study)

# Trainings of one cell (a method, so many images, a start); what is measured is also the starts as they are.
OF_SHOTS = {
    "method": any_of(dict.fromkeys(shots.method for shots in few_shot_plan.cells(study))),
    "num_images": any_of(dict.fromkeys(str(shots.num_images) for shots in few_shot_plan.cells(study))),
    "start": any_of(dict.fromkeys(shots.start for shots in few_shot_plan.cells(study))),
    "seed": r"\d+",
}
OF_SCORES = {name: any_of(dict.fromkeys(str(getattr(shots, name)) for shots in SHOTS)) for name in list(OF_SHOTS)[:3]}

# What cannot change a result travels beside the tracked parameters, as of models.
config["untracked"].update({one.name: one.untracked() for one in few_shot_plan.trainings(study)})


def for_trained(folder):
    """The files of a training; its pair, of which nothing is trained on, and its course are not kept."""
    kept = {"g_ema": "g_ema.safetensors", "cost": "cost.parquet", "samples": "samples.npz"}
    passing = {"pair": "pair.safetensors", "ticks": "ticks.parquet"}
    found = {name: f"{folder}/{file}" for name, file in kept.items()}
    return {**found, **{name: temp(f"{folder}/{file}") for name, file in passing.items()}}


def of_target(path):
    """The file of the domain whose images are few; a path that is none stays so."""
    asked = study.studies.few_shot
    return [] if asked is None or not path else path.format(domain=asked.target)


def of_pretrained(file):
    """The file of the adapted model."""
    asked = study.studies.few_shot
    return [] if asked is None else f"results/models/{asked.pretrained}/{file}"


def of_tuned_from(file):
    """The file of the parent, whose pair is tuned on images of the adapted model."""
    asked = study.studies.few_shot
    return [] if asked is None else f"results/models/{asked.parent}/{file}"


def file_of_start(start, file):
    """The file of what a training starts from."""
    model = few_shot_plan.start_model(study, start)
    return f"results/few_shot/tuned/{file}" if model is None else f"results/models/{model}/{file}"


def of_few_shot_start(file):
    return lambda wildcards: file_of_start(wildcards.start, file)


def file_of_shots(method, num_images, start, seed, file):
    """The file of one training; of none, that of the start as it is."""
    if method == few_shot_plan.UNTRAINED:
        return file_of_start(start, file)
    return f"results/few_shot/{method}/{num_images}/{start}/{seed}/{file}"


def of_trained_shots(file):
    """The files of a cell's trainings, by their seeds."""

    def of(wildcards):
        cell = (wildcards.method, wildcards.num_images, wildcards.start)
        return [file_of_shots(*cell, seed, file) for seed in few_shot_plan.seeds(study, wildcards.method)]

    return of


def for_shots(path, cells=SHOTS):
    """A file of every cell that is measured."""
    return [path.format(**vars(shots)) for shots in cells]


def costs_of_shots():
    """What every training cost."""
    cells = few_shot_plan.cells(study)
    seeds = few_shot_plan.asked(study).seeds if cells else []
    return [file_of_shots(*vars(shots).values(), seed, "cost.parquet") for shots in cells for seed in seeds]


def samples_of_shots():
    """Images of the fixed z of every cell, of its first seed."""
    seeds = few_shot_plan.asked(study).seeds if SHOTS else []
    return [file_of_shots(*vars(shots).values(), seed, "samples.npz") for shots in SHOTS for seed in seeds[:1]]


def weights_of_few_shot_reader():
    """What the judge of distances reads."""
    asked = study.studies.few_shot
    return [] if asked is None else weights_file(asked.distance_judge or asked.judge)


def few_shot_memory(wildcards, attempt):
    training = few_shot_plan.tuning(study).training
    sizes = (study.resolution, training.batch_size, study.architecture.channel_base, training.memory_budget_gb)
    return needs.mem_mb(needs.training_mem_mb(*sizes), attempt)


def few_shot_minutes(wildcards, attempt):
    asked = study.studies.few_shot
    kimg = max(asked.total_kimg, asked.tuned_kimg)
    return needs.runtime_min(needs.training_runtime_min(kimg, study.resolution, ON_GPU), attempt)


# What one of these trainings asks for; several processes never share one, since batches are compared as wholes.
ONE_TRAINING = {"processes": 1, "mem_mb": few_shot_memory, "runtime": few_shot_minutes, "gpu": int(ON_GPU)}
