from stylealign.figures.lineage_order import Node, lineage_order, order_of


def test_parents_come_before_children_and_lonely_roots_last(parents):
    nodes = lineage_order(parents)
    assert [node.model for node in nodes] == ["face", "painting", "dog", "cat", "stranger"]
    assert nodes[3] == Node("cat", "dog", "face", 2)
    assert nodes[4] == Node("stranger", None, "stranger", 0)


def test_two_families_keep_their_declared_order():
    parents = {"shoe": None, "face": None, "edge": "shoe", "dog": "face"}
    assert list(order_of(parents)) == ["shoe", "edge", "face", "dog"]


def test_only_what_is_shown(parents):
    assert [node.model for node in lineage_order(parents, shown={"cat", "face"})] == ["face", "cat"]
