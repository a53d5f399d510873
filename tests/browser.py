"""A headless Chromium that opens a local page, lets a script act on it, and tells what was seen and what went wrong.

No driver and no socket: a copy of the page gets a probe before everything else (it notes errors) and a script at the
end (it acts, then leaves its findings in the page); Chromium prints the finished page and quits.

    python tests/browser.py results/report.html      prints what is in a Snakemake report
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,900",
)

PROBE = """<script>
window.problems = [];
addEventListener("error", (event) => problems.push(String(event.message || event.target.src || event.type)), true);
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));
console.error = (...words) => problems.push(words.map(String).join(" "));
</script>"""

FINISH = """<script>
(async () => {
  const pause = () => new Promise((done) => setTimeout(done, 50));
  await pause();
  let findings = null;
  try { findings = await (async () => { %s })(); } catch (error) { problems.push(String(error)); }
  const fetched = performance.getEntriesByType("resource").map((entry) => entry.name);
  const outside = fetched.filter((name) => !/^(data|blob|about):/.test(name));
  const note = document.createElement("pre");
  note.id = "what-the-browser-saw";
  note.textContent = JSON.stringify({ findings, problems, outside });
  document.body.append(note);
})();
</script>"""

REPORT = """
const pagesPictures = (data_uri) => {
  const bytes = Uint8Array.from(atob(data_uri.split(",")[1]), (letter) => letter.charCodeAt(0));
  const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "text/html");
  return [...page.images].map(({ src }) => Object.assign(new Image(), { src }));
};
const seen = { categories: Object.keys(categories), listed: [], results: {} };
for (const category of seen.categories) {
  if (document.body.innerText.includes(category)) seen.listed.push(category);
}
for (const [category, parts] of Object.entries(categories)) {
  app.showCategory(category);
  await pause();
  const rows = document.querySelectorAll("table tbody tr").length;
  for (const path of Object.values(parts).flat()) {
    const { name, mime_type, data_uri, caption } = results[path];
    const kind = mime_type.startsWith("image/") ? "img" : mime_type === "text/html" ? "html" : "text";
    app.setView({ content: kind, contentPath: data_uri, resultPath: path });
    await pause(); await pause();
    const shown = [...document.querySelectorAll("img, iframe")].find((one) => one.src === data_uri);
    const pictures = kind === "html" ? pagesPictures(data_uri) : kind === "img" ? [shown] : [];
    for (let wait = 0; wait < 40 && !pictures.every((picture) => picture.complete); wait++) await pause();
    const pixels = pictures.map((picture) => [picture.naturalWidth, picture.naturalHeight]);
    const box = shown ? shown.getBoundingClientRect() : { width: 0, height: 0, top: 0 };
    const place = { width: Math.round(box.width), height: Math.round(box.height), top: Math.round(box.top) };
    seen.results[path] = { category, kind, rows, pixels, place, caption: caption || "" };
  }
}
return seen;
"""


def chromium() -> str | None:
    """Where Chromium is, if it is installed (``CHROMIUM`` overrides)."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def visit(page: Path, script: str = "return null;", *, budget_ms: int = 20_000) -> dict[str, Any]:
    """Open ``page``, run the body of an async function on it; its return value, the errors, and what was fetched."""
    text = Path(page).read_text(encoding="utf-8")
    assert "<head>" in text, f"{page} is not a whole page"
    text = text.replace("<head>", "<head>" + PROBE, 1) + FINISH % script
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "page.html"
        copy.write_text(text, encoding="utf-8")
        profile = f"--user-data-dir={folder}/profile"
        command = [chromium(), *FLAGS, profile, f"--virtual-time-budget={budget_ms}", "--dump-dom", copy.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    found = re.search(r'<pre id="what-the-browser-saw">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, f"{page}: the page did not finish; {done.stderr[-2000:]}"
    return json.loads(html.unescape(found[1]))


def visit_report(report: Path) -> dict[str, Any]:
    """Open a Snakemake report, every category and every result of it."""
    return visit(report, REPORT)


if __name__ == "__main__":
    print(json.dumps(visit_report(Path(sys.argv[1])), indent=2))
