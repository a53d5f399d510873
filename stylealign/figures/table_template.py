"""The page that :mod:`stylealign.figures.table_page` fills in: style and script inside, nothing fetched."""

from string import Template

PAGE = Template(r"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>
body { font: 14px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #22262b; background: #fff; margin: 2rem; }
h1 { font-size: 1.25rem; margin: 0; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p, dt { color: #6b7178; }
table { border-collapse: collapse; margin-top: 1rem; }
th { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #22262b; padding: 0; text-align: left; }
th button { all: unset; display: block; width: 100%; box-sizing: border-box; padding: .4rem .8rem; }
th button { cursor: pointer; font-weight: 600; }
th button:hover, th button:focus-visible { background: #eef3f7; }
th[aria-sort="ascending"] button::after { content: " \2191"; }
th[aria-sort="descending"] button::after { content: " \2193"; }
td { padding: .3rem .8rem; border-bottom: 1px solid #dfe3e7; white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:hover { background: #f4f8fb; }
dl { display: grid; grid-template-columns: max-content minmax(0, 60rem); gap: .2rem 1.2rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
$style</style>
</head>
<body>
<h1>$title</h1>
<p>$paper Click a column's name to sort.</p>
<table><thead><tr>$head</tr></thead><tbody>
$rows
</tbody></table>
$note
<h2>Columns</h2><dl>$meanings</dl>
$provenance
$data
<script>
const body = document.querySelector("tbody"), heads = [...document.querySelectorAll("th")];
const key = (row, i) => row.cells[i].dataset.key ?? row.cells[i].textContent;
function compare(a, b, numeric) {
  if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;  // what is unknown comes last
  return numeric ? a - b : a.localeCompare(b, "en", { numeric: true });
}
heads.forEach((head, i) => head.firstChild.addEventListener("click", () => {
  const rows = [...body.rows], falling = head.getAttribute("aria-sort") === "ascending";
  const numeric = rows.some((row) => "key" in row.cells[i].dataset);
  heads.forEach((other) => other.setAttribute("aria-sort", "none"));
  head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const turn = (a, b) => falling && a !== "" && b !== "" ? -1 : 1;
  const order = (a, b) => turn(a, b) * compare(a, b, numeric);
  rows.sort((a, b) => order(key(a, i), key(b, i)));
  body.append(...rows);
}));
</script>
</body>
</html>
""")
