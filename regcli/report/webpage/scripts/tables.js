/* Tables that sort and open, commands that can be copied. */

function keyOf(row, place) {
  const cell = row.cells[place];
  return cell.classList.contains("n")
    ? "v" in cell.dataset
      ? Number(cell.dataset.v)
      : null
    : cell.textContent || null;
}

function sortBy(table, place, way) {
  const body = table.tBodies[0],
    rows = [...body.rows];
  rows.forEach((row, i) => {
    if (!("place" in row.dataset)) row.dataset.place = i;
  });
  const sign = way === "descending" ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, way ? keyOf(row, place) : Number(row.dataset.place)]));
  rows.sort((one, other) => {
    const a = keys.get(one),
      b = keys.get(other);
    if (a === null || b === null) return (a === null) - (b === null);
    return (
      sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true })) ||
      one.dataset.place - other.dataset.place
    );
  });
  body.remove();
  body.append(...rows);
  table.tFoot.before(body);
}

function turn(table, head, place) {
  const first = head.classList.contains("n") ? "descending" : "ascending";
  const second = first === "descending" ? "ascending" : "descending";
  const now = head.getAttribute("aria-sort");
  const next = now === null ? first : now === first ? second : null;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  if (next) head.setAttribute("aria-sort", next);
  sortBy(table, place, next);
}

for (const table of document.querySelectorAll("table.data"))
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    head.firstElementChild.addEventListener("click", () => turn(table, head, place));
    head.firstElementChild.title = "Sort";
  });

for (const button of document.querySelectorAll(".more[data-all]")) {
  const body = button.closest("section").querySelector("tbody"),
    all = button.dataset.all;
  const states = body.classList.contains("long")
    ? [
        ["short", "Show 1,000 of " + all],
        ["thousand", "Show all " + all],
        ["", "Show fewer"],
      ]
    : [
        ["short", "Show all " + all],
        ["", "Show fewer"],
      ];
  let now = 0;
  button.textContent = states[now][1];
  button.hidden = false;
  button.addEventListener("click", () => {
    now = (now + 1) % states.length;
    body.classList.remove("short", "thousand");
    if (states[now][0]) body.classList.add(states[now][0]);
    button.textContent = states[now][1];
  });
}

for (const code of document.querySelectorAll("code[data-copy]")) {
  const button = element("button", "Copy", "copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.dataset.copy);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1500);
  });
  code.after(button);
}
