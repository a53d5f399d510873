"""Tables of the applications (morphs, blends, zero-shot transfer) and of the limits (locality, resolution, return)."""

from stylealign.columns import APPLICATIONS, Table, integer, number, string

_JUDGE = string("judge", "the judge that measured, by its name in the config")
_SEED = integer("seed", "the study's seed")

MORPH_SMOOTHNESS = Table(
    "morph_smoothness",
    "StyleAlign, 4.2 and A.7, Figures 24 to 27",
    APPLICATIONS,
    "How even the steps of a morph are, when weights are interpolated and when layers are swapped",
    (
        string("morph", "the models of the way, as face2dog"),
        string("method", "interpolation or layer_swapping of weights, or cross_fade of the end images (the control)"),
        number(
            "mean_step", "mean perceptual distance (by the judge named) of consecutive frames, over frames and pairs"
        ),
        number("mean_low", "lower end of its bootstrap interval over pairs (95 %)"),
        number("mean_high", "upper end of its bootstrap interval over pairs (95 %)"),
        number("largest_step", "the largest such distance on a pair's way, mean over pairs"),
        number("largest_low", "lower end of its bootstrap interval over pairs (95 %)"),
        number("largest_high", "upper end of its bootstrap interval over pairs (95 %)"),
        number("max_over_mean", "largest step over mean step of a pair's way, mean over pairs; 1 is an even pace"),
        number("ratio_low", "lower end of its bootstrap interval over pairs (95 %)"),
        number("ratio_high", "upper end of its bootstrap interval over pairs (95 %)"),
        number("ratio_worst", "the same of the pair where it is highest"),
        integer("endpoint_error", "largest difference of the end frames from the models' own images, in grey levels"),
        integer("num_pairs", "pairs of images"),
        integer("num_frames", "frames of a way, at even positions whatever the video's easing"),
        string("protocol", "which images or z, and how their codes were found"),
        _JUDGE,
        _SEED,
    ),
    ("morph", "method"),
)
