"""Who measures translations: a judge of several roles is one object, so that it looks at an image once."""

from stylealign.judges.colour import ColourJudge
from stylealign.metrics.roles import load_roles

COLOUR = {"kind": "colour"}


def test_a_judge_with_two_roles_is_loaded_once():
    spec = {"judge": "mine", "spec": COLOUR, "attributes_judge": "mine", "attributes_spec": COLOUR}
    judges = load_roles(spec, {"judge": None, "attributes_judge": None}, "cpu")
    assert isinstance(judges["judge"], ColourJudge)
    assert judges["judge"] is judges["attributes_judge"]


def test_each_role_has_its_own_judge_and_a_role_of_nobody_none():
    spec = {"judge": "mine", "spec": COLOUR, "attributes_judge": None, "attributes_spec": None}
    spec |= {"diversity_judge": "other", "diversity_spec": COLOUR}
    judges = load_roles(spec, dict.fromkeys(("judge", "attributes_judge", "diversity_judge")), "cpu")
    assert (judges["judge"].name, judges["attributes_judge"], judges["diversity_judge"].name) == ("mine", None, "other")
