"""A table's page in a browser: a click on a column sorts by its unrounded numbers, again turns round, unknown last."""

from stylealign import tables
from stylealign.figures.table_page import write_table_page

CLICK = """
const column = (i) => [...document.querySelectorAll("tbody tr")].map((row) => row.cells[i].textContent);
const button = (name) => [...document.querySelectorAll("th button")].find((one) => one.textContent === name);
const seen = [];
for (const name of ["l1_w", "l1_w", "model"]) {
  button(name).click();
  seen.push([button(name).parentElement.getAttribute("aria-sort"), column(1)]);
}
return seen;
"""


def test_sorting(tmp_path, browser):
    drift = {"a": 10.0, "b": 9.00001, "c": 9.00002, "d": float("nan"), "e": -1.5}
    common = {"parent": "p", "relation": "child", "num_z": 1, "seed": 0, "l1_w_low": 0.0, "l1_w_high": 0.0}
    rows = [{**common, "model": model, "l1_w": value} for model, value in drift.items()]
    tables.write_table(tmp_path / "t.parquet", tables.MAPPING_DRIFT, rows, {})
    paths = {kind: tmp_path / f"t.{kind}" for kind in ("markdown", "csv", "html")}
    write_table_page(tmp_path / "t.parquet", **paths)
    visit = browser.visit(paths["html"], CLICK)
    assert (visit["problems"], visit["outside"]) == ([], [])
    assert visit["findings"] == [
        ["ascending", ["e", "b", "c", "a", "d"]],
        ["descending", ["a", "c", "b", "e", "d"]],
        ["ascending", ["a", "b", "c", "d", "e"]],
    ]
