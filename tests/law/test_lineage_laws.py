"""Laws of descent on random forests, against slow twins."""

from hypothesis import given
from hypothesis import strategies as st

from stylealign.lineage import ancestors, circles, compared_pairs, descendants, family_order, relation, root_of, roots


@st.composite
def forests(draw):
    """Models m0, m1, ..., each with an earlier one as parent or none, declared in any order."""
    num = draw(st.integers(1, 12))
    parents = {f"m{i}": draw(st.sampled_from([None, *(f"m{j}" for j in range(i))])) for i in range(num)}
    return {name: parents[name] for name in draw(st.permutations(list(parents)))}


@given(forests())
def test_descendants_are_those_whose_ancestors_hold_the_model(parents):
    for model in parents:
        assert descendants(parents, model) == [other for other in parents if model in ancestors(parents, other)]


@given(forests())
def test_related_means_of_one_root(parents):
    for first in parents:
        for second in parents:
            assert (relation(parents, first, second) == "unrelated") == (
                root_of(parents, first) != root_of(parents, second)
            )


@given(forests())
def test_relation_turns_round(parents):
    down = {"child", "grandchild", "descendant"}
    for first in parents:
        for second in parents:
            there, back = relation(parents, first, second), relation(parents, second, first)
            assert (there in down) == (back == "ancestor")
            if there not in down | {"ancestor"}:
                assert there == back


@given(forests())
def test_every_ancestor_and_every_pair_of_roots_is_compared_once(parents):
    pairs = [frozenset(pair[:2]) for pair in compared_pairs(parents)]
    assert len(pairs) == len(set(pairs))
    wanted = {frozenset((model, above)) for model in parents for above in ancestors(parents, model)}
    wanted |= {frozenset((a, b)) for a in roots(parents) for b in roots(parents) if a != b}
    assert wanted <= set(pairs)


@given(forests())
def test_family_order_holds_each_model_once_after_its_parent(parents):
    order = family_order(parents)
    assert sorted(order) == sorted(parents)
    assert all(parent is None or order.index(parent) < order.index(model) for model, parent in parents.items())
    assert circles(parents) == []


@given(forests(), st.data())
def test_a_root_hung_below_its_own_descendant_makes_one_circle(parents, data):
    root = data.draw(st.sampled_from(roots(parents)))
    bottom = data.draw(st.sampled_from([root, *descendants(parents, root)]))
    (circle,) = circles({**parents, root: bottom})
    assert set(circle) == {root, bottom, *ancestors(parents, bottom)}
