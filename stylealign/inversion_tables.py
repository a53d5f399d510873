"""The tables of inversion and translation (StyleAlign, 4.1 and A.5), listed with the others in `stylealign.tables`."""

from stylealign.columns import TRANSLATION_SECTION, Table, integer, number, string

_METHOD = string("method", "space and way: z_opt, w_enc, ...")
_SPACE = string("space", "the space of its codes: z, zplus, w or wplus")
_JUDGE = string("judge", "the judge that measured, by its name in the config")
_SEED = integer("seed", "the study's seed")
_DIRECTION = string("direction", "source model 2 target model, as dog2cat")
_IMAGE_SET = string("image_set", "the domain of the source images")

INVERSION_QUALITY = Table(
    "inversion_quality",
    "StyleAlign, A.5, Figures 16 and 18",
    TRANSLATION_SECTION,
    "How well images are given back by each way of inverting them",
    (
        string("model", "the model that gives the codes their meaning"),
        string("image_set", "the domain of the images"),
        _METHOD,
        _SPACE,
        number("distance_mean", "mean perceptual distance (by the judge named) of image and reconstruction"),
        number("distance_low", "lower end of the bootstrap interval over images (95 %)"),
        number("distance_high", "upper end of the bootstrap interval over images (95 %)"),
        number("distance_random", "the same between the images and the model's random samples: the control"),
        number("pixel", "root mean squared difference of pixels, in grey levels of 255"),
        number("same_region", "part of the pixels that the parser gives their true region (NaN: truth unknown)"),
        number("steps", "mean steps of optimisation (0: encoder alone)"),
        number("images_per_sec", "images inverted per second of the batches, by the machine that did it"),
        integer("num_images", "images"),
        number("truncation_psi", "truncation of the codes (1: none, always so in W and W+)"),
        string("protocol", "which images; how the codes were found"),
        _JUDGE,
        _SEED,
    ),
    ("model", "image_set", "method"),
)

_SCORES = (
    number("fid", "Fréchet distance between the judge's features (biased upwards at small n)"),
    number("kid", "squared MMD, polynomial kernel, unbiased; smaller is better"),
    number("low", "lower end of KID's bootstrap interval (95 %)"),
    number("high", "upper end of KID's bootstrap interval (95 %)"),
    string(
        "protocol",
        "which source images, which real images of the target, truncation (no psi: no images of a generator)",
    ),
    _JUDGE,
    integer("num_source", "translated images (controls and baselines: images)"),
    integer("num_target", "real images of the target"),
)


def _kept(what: str, of: str) -> tuple:  # type: ignore[type-arg]
    return (
        number(f"{what}_kept", f"Spearman correlation of {of} in the source image and in its translation"),
        number(f"{what}_low", "lower end of its bootstrap interval over images (95 %)"),
        number(f"{what}_high", "upper end of its bootstrap interval over images (95 %)"),
        number(f"{what}_shuffled", "the same with the translations shuffled: the control"),
    )


_KEPT = (*_kept("yaw", "the pose"), *_kept("tone", "the tone"), *_kept("background", "the background"))
_TRUTH = string(
    "truth", "the source's attributes: exact (drawn or labelled), judged (read by the judge) or none (not read)"
)

TRANSLATION = Table(
    "translation",
    "StyleAlign, Figure 5 and Table 5",
    TRANSLATION_SECTION,
    "Images of one domain as images of another, by every way of inverting, beside controls",
    (
        _DIRECTION,
        _IMAGE_SET,
        string("method", "space and way (z_opt, ...), a baseline of the config, or a control"),
        string("kind", "inversion, baseline (a folder's images) or control (source, samples, unrelated)"),
        *_SCORES,
        *_KEPT,
        _TRUTH,
        _SEED,
    ),
    ("direction", "image_set", "kind", "method"),
)

REFERENCE_TRANSLATION = Table(
    "reference_translation",
    "StyleAlign, Figure 6 and Table 6",
    TRANSLATION_SECTION,
    "Shape of a source image, style of a reference image",
    (
        _DIRECTION,
        _IMAGE_SET,
        _METHOD,
        integer("switch_px", "resolutions below this are the source's"),
        *_SCORES,
        number(
            "diversity", "mean perceptual distance between the translations of one source (10 references: 45 pairs)"
        ),
        number("diversity_low", "lower end of its bootstrap interval over source images (95 %)"),
        number("diversity_high", "upper end of its bootstrap interval over source images (95 %)"),
        string("diversity_judge", "the judge that measured diversity"),
        integer("num_references", "references of each source image"),
        *_KEPT,
        number("yaw_taken", "Spearman correlation of the pose in the reference image and in the translation"),
        number("tone_taken", "of the tone"),
        number("background_taken", "of the background"),
        _TRUTH,
        _SEED,
    ),
    ("direction", "image_set", "method"),
)

ENCODER_FINETUNE = Table(
    "encoder_finetune",
    "StyleAlign, A.4",
    TRANSLATION_SECTION,
    "How much sooner a child's encoder arrives when it starts from its parent's",
    (
        string("model", "the child whose images are encoded"),
        string("parent", "its parent"),
        _SPACE,
        string("start", "parent (the parent's encoder) or random"),
        number("kimg", "thousands of images of training"),
        number("distance_first", "mean perceptual distance on held-out images before training"),
        number("distance_last", "and after it"),
        number("distance_low", "lower end of its bootstrap interval over images (95 %)"),
        number("distance_high", "upper end of its bootstrap interval over images (95 %)"),
        number("kimg_to_random", "thousands of images until it is as good as the random start's best (NaN: never)"),
        integer("num_images", "held-out images"),
        _JUDGE,
        _SEED,
    ),
    ("model", "space", "start"),
)

ENCODER_COURSE = Table(
    "encoder_course",
    "not in the papers",
    TRANSLATION_SECTION,
    "The course of one encoder's training",
    (
        number("kimg", "thousands of images so far"),
        number("distance", "mean perceptual distance of held-out images and their reconstructions"),
        number("distance_low", "lower end of its bootstrap interval over images (95 %)"),
        number("distance_high", "upper end of its bootstrap interval over images (95 %)"),
        number("loss_pixel", "mean since the last tick (NaN at 0)"),
        number("loss_perceptual", "mean since the last tick (NaN at 0)"),
        number("loss_code", "mean since the last tick (NaN at 0)"),
        number("loss_offset", "mean since the last tick (NaN at 0 and outside W+)"),
        number("loss_adversarial", "mean since the last tick (NaN at 0 and outside W+)"),
        integer("num_images", "held-out images"),
    ),
    ("kimg",),
)
