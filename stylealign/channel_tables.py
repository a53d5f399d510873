"""The tables of semantic alignment: which channels act where, in each model, and what its relatives share of it.

StyleAlign, Section 3, A.2 and A.9: Tables 1, 3 and 4, Figures 2, 3, 9 to 12. Declared here, listed with the others in
:mod:`stylealign.tables`.
"""

from stylealign.columns import CHANNELS_SECTION, Table, boolean, integer, number, string

_MODEL = string("model", "the model")
_PARENT = string("parent", "the ancestor (or unrelated root) it is compared with")
_CHILD = string("child", "the model compared")
_RELATION = string("relation", "child, grandchild, descendant (deeper) or unrelated")
_JUDGE = string("judge", "the judge that measured, by its name in the config")
_PARSER = string("judge", "the region parser, by its name in the config")
_PARSER_IOU = number("parser_iou", "the parser's mean IoU on held-out images with known regions (NaN: unknown)")
_LOWEST_IOU = number("parser_iou", "that of the models' parsers on held-out images, the lowest (NaN: unknown)")
_PROTOCOL = string("protocol", "truncation, noise and grid of the maps; the rates")
_JUDGE_SCORE = number("judge_score", "the judge's held-out R2 (accuracy for classes) for the attribute (NaN: unknown)")
_SEED = integer("seed", "the study's seed")
_ATTRIBUTE = string("attribute", "the judged attribute")

_RULE = string("rule", "localized: strict (rate above min_rate) or loose (above loose_rate)")

_CHANNEL = (
    string("layer", "the style layer, as b16.conv1"),
    integer("channel", "the channel in its layer"),
    string("paper_index", "the papers' layer_channel, as 6_501"),
)

CHANNELS = Table(
    "channels",
    "StyleAlign, A.9",
    CHANNELS_SECTION,
    "Where each style channel of one model acts",
    (
        *_CHANNEL,
        string("region", "the region it dominates most often"),
        number("rate", "of the images that show the region, those in which the channel overlaps it most"),
        number("rate_low", "lower end of Wilson's interval (95 %)"),
        number("rate_high", "upper end of Wilson's interval (95 %)"),
        string("second_region", "the region with the next highest rate"),
        number("second_rate", "its rate"),
        boolean("localized", "rate above min_rate, by min_lead above the second, and the region is a listed one"),
        boolean("localized_loosely", "the same with loose_rate for min_rate"),
        boolean("listed", "whether the region is one that the tables list"),
        integer("num_present", "images that show the region"),
        integer("num_images", "images"),
        _PARSER,
        _PARSER_IOU,
        _PROTOCOL,
        _SEED,
    ),
    ("layer", "channel"),
)

LOCALIZED_CHANNELS = Table(
    "localized_channels",
    "StyleAlign, headers of Tables 1, 3 and 4",
    CHANNELS_SECTION,
    "How many style channels of each model act in one region only",
    (
        _MODEL,
        string("region", "the region"),
        boolean("listed", "whether the overlap tables list it"),
        integer("num_localized", "channels localized there: rate above min_rate and min_lead above the second"),
        integer("num_localized_low", "lower end of the bootstrap interval over images (95 %)"),
        integer("num_localized_high", "upper end of the bootstrap interval over images (95 %)"),
        integer("num_localized_loosely", "the same with loose_rate for min_rate"),
        integer("num_channels", "style channels of the convolutions, in all"),
        number("mean_area", "mean part of the image that the region covers, where it is shown"),
        integer("num_present", "images that show the region"),
        integer("num_images", "images"),
        _PARSER,
        _PARSER_IOU,
        string("iou_domain", "whose images those are: the model's domain, or what the parser learned from"),
        _PROTOCOL,
        _SEED,
    ),
    ("model", "region"),
)

CHANNEL_OVERLAP = Table(
    "channel_overlap",
    "StyleAlign, Tables 1, 3 and 4",
    CHANNELS_SECTION,
    "How many localized channels two models share, found in each on its own",
    (
        _PARENT,
        _CHILD,
        _RELATION,
        _RULE,
        string("parent_region", "region in the parent; (listed): any listed region"),
        string("child_region", "region in the child; (same): the parent's; (listed): any listed region"),
        integer("shared", "channels localized to the one in the parent and to the other in the child"),
        integer("parent_total", "channels of the parent localized to parent_region"),
        integer("child_total", "channels of the child localized to child_region"),
        number("expected_by_chance", "shared channels if the totals fell on channels at random (hypergeometric mean)"),
        number("p_value", "chance of as many shared channels or more"),
        number("expected_within_layers", "the same with each layer's totals kept: layers alone share much"),
        number("p_within_layers", "chance of as many or more, each layer's totals kept"),
        number("low", "lower end of the bootstrap interval of shared over images (95 %)"),
        number("high", "upper end of the bootstrap interval of shared over images (95 %)"),
        number("share_kept", "shared over parent_total (NaN where that is 0)"),
        number("excess_share", "shared minus expected_within_layers, over parent_total (NaN where that is 0)"),
        integer("num_channels", "style channels of the convolutions, in all"),
        integer("num_images", "images of each model"),
        string("judge", "the region parsers, by their names in the config"),
        _LOWEST_IOU,
        _PROTOCOL,
        _SEED,
    ),
    ("parent", "child", "rule", "parent_region", "child_region"),
)

CHANNEL_FATE = Table(
    "channel_fate",
    "StyleAlign, Table 3 (forgotten or hidden)",
    CHANNELS_SECTION,
    "What became of the parent's localized channels, and which return in a grandchild",
    (
        _PARENT,
        _CHILD,
        string("grandchild", "a child of the child (empty: the row counts the child alone)"),
        _RULE,
        string("region", "region in the parent"),
        string("fate_in_child", "retained, moved (another listed region), unlisted or inactive (localized nowhere)"),
        string("fate_in_grandchild", "the same, against the parent's region (empty without a grandchild)"),
        integer("num_channels", "channels with these fates"),
        integer("parent_total", "channels of the parent localized to the region"),
        integer("num_images", "images of each model"),
        string("judge", "the region parsers, by their names in the config"),
        _LOWEST_IOU,
        _PROTOCOL,
        _SEED,
    ),
    ("parent", "child", "grandchild", "rule", "region", "fate_in_child", "fate_in_grandchild"),
)

ATTRIBUTE_CHANNELS = Table(
    "attribute_channels",
    "StyleAlign, A.2, after StyleSpace",
    CHANNELS_SECTION,
    "The style channels that stand out in examples of an attribute",
    (
        _MODEL,
        _ATTRIBUTE,
        string("pole", "which examples: high or low for numbers, the value for classes"),
        integer("rank", "1 is the clearest channel"),
        *_CHANNEL,
        number("signal_to_noise", "|mean| over standard deviation of the channel's z-score in the examples"),
        number("mean_zscore", "mean z-score in the examples: its sign is the direction to move"),
        integer("num_positive", "examples"),
        integer("num_z", "latent codes they were chosen from"),
        _JUDGE,
        _JUDGE_SCORE,
        _SEED,
    ),
    ("model", "attribute", "pole", "rank"),
)

CHANNEL_EFFECTS = Table(
    "channel_effects",
    "not in the papers",
    CHANNELS_SECTION,
    "The style channels that move an attribute most",
    (
        _MODEL,
        _ATTRIBUTE,
        integer("rank", "1 moves it most"),
        *_CHANNEL,
        number("effect", "mean change of the attribute per +strength, in its own unit"),
        number("effect_rms", "root mean square of that change over the codes: what they are ranked by"),
        number("strength", "size of the step, in standard deviations of the channel"),
        number("truncation_psi", "truncation of the codes"),
        integer("num_z", "latent codes"),
        _JUDGE,
        _JUDGE_SCORE,
        _SEED,
    ),
    ("model", "attribute", "rank"),
)

BOUNDARIES = Table(
    "boundaries",
    "StyleAlign, A.2 and A.6, after InterFaceGAN",
    CHANNELS_SECTION,
    "Linear directions in W for judged attributes",
    (
        _MODEL,
        string("boundary", "its name: the attribute, attribute:value for classes, attribute|other where conditional"),
        _ATTRIBUTE,
        number("accuracy", "held-out accuracy on the extreme examples (0.5 is chance; NaN where it is conditional)"),
        number("accuracy_low", "lower end of Wilson's interval (95 %)"),
        number("accuracy_high", "upper end of Wilson's interval (95 %)"),
        number("accuracy_all", "accuracy on the codes that are not extreme: which side of the median (or class)"),
        integer("num_train", "extreme examples it was fitted on"),
        integer("num_test", "extreme examples held out"),
        integer("num_z", "latent codes in all"),
        _JUDGE,
        _JUDGE_SCORE,
        _SEED,
    ),
    ("model", "boundary"),
)

EFFECT_AGREEMENT = Table(
    "effect_agreement",
    "StyleAlign, Figures 2, 3, 9 and 10, measured",
    CHANNELS_SECTION,
    "Does the same edit do the same in parent and child: agreement of the judged changes",
    (
        _PARENT,
        _CHILD,
        _RELATION,
        _ATTRIBUTE,
        string("edits", "channel or direction (one edit), channels or directions (pooled: what the control is for)"),
        string("edit", "the parent's channel (papers' index) or boundary; the number of them where pooled"),
        number("agreement", "cosine over z between the changes in parent and child; pooled: its mean over edits"),
        number("low", "lower end of the bootstrap interval over z, and over edits where pooled (95 %)"),
        number("high", "upper end of the bootstrap interval over z, and over edits where pooled (95 %)"),
        number("effect_in_parent", "mean change per +strength, in the parent, in units of the attribute's deviation"),
        number("effect_in_child", "the same in the child, in the same units"),
        number("strength", "size of the edit, in standard deviations of the parent's samples"),
        number("truncation_psi", "truncation of the codes"),
        integer("num_edits", "edits pooled"),
        integer("num_z", "latent codes"),
        _JUDGE,
        _JUDGE_SCORE,
        _SEED,
    ),
    ("parent", "child", "attribute", "edits", "edit"),
)
