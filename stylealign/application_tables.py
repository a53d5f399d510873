"""Tables of the applications (morphs, blends, zero-shot transfer) and of the limits (locality, resolution, return)."""

from stylealign.columns import APPLICATIONS, LIMITS, Table, boolean, integer, number, string

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

BLEND_SMOOTHNESS = Table(
    "blend_smoothness",
    "StyleAlign, A.7, Figures 31 to 33",
    APPLICATIONS,
    "From one model to another by interpolating weights or by swapping layers, in as many steps",
    (
        string("pair", "the models of the way, as face2dog"),
        string(
            "method",
            "interpolation, swap_fine_first (the second model's layers from the finest on: its texture, then its "
            "structure) or swap_coarse_first (the other way round)",
        ),
        string(
            "measure",
            "mean_step, largest_step and max_over_mean of a z's way, mean over z; or step (from the blend before), "
            "to_first and to_second (from either end) of one blend",
        ),
        integer("place", "which blend: 0 is the first model, num_steps the second (0 where of the whole way)"),
        string("blend", "ratio of the weights; or the finest unit that came from the coarse layers' model"),
        number("value", "perceptual distance (by the judge named), mean over z; of max_over_mean a ratio"),
        number("low", "lower end of its bootstrap interval over z (95 %)"),
        number("high", "upper end of its bootstrap interval over z (95 %)"),
        string("granularity", "what is swapped at a time: block (a resolution) or layer"),
        integer("num_steps", "steps from the first model to the second, the same by every method"),
        integer("num_z", "latent codes"),
        string("protocol", "whose codes, which truncation, which noise"),
        _JUDGE,
        _SEED,
    ),
    ("pair", "method", "measure", "place"),
)

RETURN_ALIGNMENT = Table(
    "return_alignment",
    "StyleAlign, 3 and A.2, Figures 14 and 34 to 36, measured",
    LIMITS,
    "Forgotten or hidden: how like its ancestor a model is that returned to the ancestor's domain",
    (
        string("returned", "the model that returned"),
        string("ancestor", "whose domain it returned to: its nearest ancestor of that domain"),
        string("through", "the models between, from the ancestor down"),
        string("role", "returned, through, control_unrelated (another root) or control_shuffled (other z)"),
        string("model", "the model whose images are compared with the ancestor's, z by z"),
        string(
            "measure",
            "distance; of an attribute: spearman (not of three classes or more), mean_abs_difference (of classes: "
            "share_differing)",
        ),
        string("attribute", "the judged attribute (empty: of the whole image)"),
        number("value", "distance by the judge, mean over z; correlation over z; difference in the attribute's unit"),
        number("low", "lower end of its bootstrap interval over z (95 %)"),
        number("high", "upper end of its bootstrap interval over z (95 %)"),
        number(
            "judge_score",
            "the reader's held-out R2 (accuracy for classes) for the attribute, on the worse of both domains",
        ),
        integer("num_z", "latent codes"),
        string("protocol", "how many images were generated, which truncation, which noise"),
        string("judge", "the judge that measured: distances by one, attributes by a reader who may be another"),
        _SEED,
    ),
    ("returned", "role", "model", "measure", "attribute"),
)

LOCALITY_BIAS = Table(
    "locality_bias",
    "StyleAlign, A.3, Figure 15",
    LIMITS,
    "Which of a parent's localized channels keep their function where the same pictures are moved or turned",
    (
        string("parent", "the model whose channels they are"),
        string("model", "its child, trained on the same pictures moved or turned"),
        string("transform", "how its pictures are moved or turned; a shift in parts of the width"),
        string("channel", "the papers' layer_channel, as 6_501"),
        string("layer", "the style layer, as b16.conv1"),
        string("region", "the region that the channel is localized to in the parent"),
        string("region_in_model", "and in the child, found in its own moved images; (none): localized nowhere"),
        boolean("kept_region", "whether the two are the same"),
        number("region_chance", "chance of it: the part of the layer's channels localized to that region in the child"),
        number(
            "region_shown", "part of the child's images that show the region: a shift may push it out of the picture"
        ),
        string("attribute", "the attribute that the channel moves most in the parent, chosen on other codes"),
        number("effect_parent", "its mean change per +strength in the parent, in deviations over the parent's images"),
        number("effect_parent_low", "lower end of its bootstrap interval over codes (95 %)"),
        number("effect_parent_high", "upper end of its bootstrap interval over codes (95 %)"),
        number("effect_model", "the same in the child, for the same codes and step, in the same unit"),
        number("effect_model_low", "lower end of its bootstrap interval over codes (95 %)"),
        number("effect_model_high", "upper end of its bootstrap interval over codes (95 %)"),
        boolean("kept_effect", "whether the child's effect has the same sign and at least min_effect of the size"),
        number("effect_chance", "part of the control channels, drawn from the same layer, of which the same is true"),
        boolean("counted", "whether it says something: an effect in the parent (its interval leaves out 0), read well"),
        integer("rank", "of the channels of its region, 1 has the largest effect in the parent"),
        number("min_effect", "what part of the parent's effect is enough"),
        number("strength", "size of the edit, in standard deviations of the parent's samples"),
        number("truncation_psi", "truncation of the codes"),
        integer("num_controls", "control channels drawn from each layer"),
        integer("num_images", "images of each model that regions are found in"),
        integer("num_z", "latent codes that effects are measured on"),
        _JUDGE,
        number("judge_score", "the judge's held-out R2 for the attribute, on the worse of both domains (NaN: unknown)"),
        string("parser", "the region parsers, by their names in the config"),
        number("parser_iou", "that of the parsers on held-out images, the lowest (NaN: unknown)"),
        string("protocol", "truncation, noise and grid of the maps; the rates of localized channels"),
        _SEED,
    ),
    ("parent", "model", "region", "rank"),
)

_ZERO_SHOT_METHOD = string(
    "method",
    "zero_shot (distances to the parent's boundary), random_boundary (to random ones), image_trained (what a network "
    "trained on the parent's images sees), upper_bound (all of the code, fitted on labels of the model's own domain)",
)
_ZERO_SHOT_TAIL = (
    integer(
        "num_train",
        "images whose labels the method learned from: the parent's; of upper_bound the model's own domain's; of "
        "image_trained all that its network saw",
    ),
    integer("num_test", "held-out images of the model's domain that are predicted"),
    integer("num_random", "random boundaries (0: none): the value is their mean, the interval is over them too"),
    string("space", "the space of the codes: wplus or w"),
    integer("num_layers", "rows of a code that are read (of w there is one; 0: no code is read)"),
    string("protocol", "which images are fitted on, which are predicted"),
    string("judge", "who labelled the generated images that the parent's boundary separates"),
    _SEED,
)

ZERO_SHOT_REGRESSION = Table(
    "zero_shot_regression",
    "StyleAlign, 4.3 and A.6, Figures 28 and 29, measured",
    APPLICATIONS,
    "A number of a child's images, read by models that know only the parent's labels, against exact labels",
    (
        string("parent", "the model whose labels are used"),
        string("model", "the model whose images are read"),
        string("attribute", "what is read"),
        _ZERO_SHOT_METHOD,
        number("r2", "the part of the variance explained (below 0: worse than the mean)"),
        number("r2_low", "lower end of its bootstrap interval over images (95 %)"),
        number("r2_high", "upper end of its bootstrap interval over images (95 %)"),
        number("spearman", "rank correlation of prediction and exact value"),
        number("spearman_low", "lower end of its bootstrap interval over images (95 %)"),
        number("spearman_high", "upper end of its bootstrap interval over images (95 %)"),
        number("mae", "mean absolute error, in the attribute's unit"),
        number("mae_low", "lower end of its bootstrap interval over images (95 %)"),
        number("mae_high", "upper end of its bootstrap interval over images (95 %)"),
        string("unit", "the attribute's unit"),
        number("parent_spearman", "the method's rank correlation on held-out images of the parent (NaN: never fitted)"),
        *_ZERO_SHOT_TAIL,
    ),
    ("parent", "model", "attribute", "method"),
)

ZERO_SHOT_CLASSIFICATION = Table(
    "zero_shot_classification",
    "StyleAlign, 4.3, Figure 7, measured",
    APPLICATIONS,
    "Yes or no of a child's images, by models that know only the parent's labels, against exact labels",
    (
        string("parent", "the model whose labels are used"),
        string("model", "the model whose images are read"),
        string("attribute", "the question's name in the config"),
        string("question", "what it means in the parent; a number is asked whether it is above its median there"),
        string("child_question", "what it means in the model"),
        _ZERO_SHOT_METHOD,
        number("auc", "the chance that a yes is scored above a no (0.5: guessing)"),
        number("auc_low", "lower end of its bootstrap interval over images (95 %)"),
        number("auc_high", "upper end of its bootstrap interval over images (95 %)"),
        number("accuracy", "the part on its side of the cut-off, a probability of 0.5"),
        number("accuracy_low", "lower end of its bootstrap interval over images (95 %)"),
        number("accuracy_high", "upper end of its bootstrap interval over images (95 %)"),
        number("share_yes", "the part of the images of which it is true"),
        number("parent_auc", "the method's AUC on held-out images of the parent (NaN: never fitted)"),
        *_ZERO_SHOT_TAIL,
    ),
    ("parent", "model", "attribute", "method"),
)


RESOLUTION_ALIGNMENT = Table(
    "resolution_alignment",
    "StyleAlign, A.4, Figure 30",
    LIMITS,
    "Children of a lower resolution, from their parents' lower layers: what agrees, and what it costs",
    (
        string("parent", "the parent, of a higher resolution"),
        string("model", "the child that started from its lower layers"),
        integer("resolution", "pixels of the child, at which all images are seen"),
        integer("parent_resolution", "pixels of the parent"),
        string(
            "state",
            "before (the parent's lower layers), training (a snapshot), after; scratch (a root of the same domain and "
            "resolution), scratch_training; shuffled (after, other z); parent (reduced and whole images: the ceiling)",
        ),
        string(
            "measure",
            "lpips (to the parent's images), spearman:ATTRIBUTE (with the parent's), spearman:mean (over those still "
            "readable), effect:ATTRIBUTE:CHANNEL, kept_channels (share), kid, fid, kimg_to_kid (first at scratch's "
            "last KID), holds:CLAIM (1 or 0)",
        ),
        number("kimg", "thousands of images of training so far"),
        number("value", "distance, correlation, effect in standard deviations of the attribute, share, KID, kimg"),
        number("low", "lower end of its interval (95 %): bootstrap over z or images, of shares Wilson's"),
        number("high", "upper end of its interval; of kimg_to_kid, when the ends of KID's interval get there"),
        integer("n", "latent codes, channels, generated images or moments"),
        _JUDGE,
        _SEED,
        string("protocol", "which codes, images and steps"),
    ),
    ("model", "measure", "state", "kimg"),
)
