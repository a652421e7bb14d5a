/* The model at the slider; light, dark and paper; where everything starts. */

let everyRow = false,
  listed = [];

function modelRows(series) {
  const step = steps[at];
  const rows = series.map((one) => ({
    name: one.name,
    raw: valueOf(step.coefficients, one.name),
    size: one.values[at],
  }));
  if (everyRow || rows.length <= LISTED) return listed.map((i) => rows[i]);
  return rows
    .filter((row) => row.raw)
    .sort((one, other) => Math.abs(other.size) - Math.abs(one.size))
    .slice(0, LISTED);
}

/** The intercept, of several classes that of each; nothing where there is none. */
function interceptsOf(step) {
  const several = step.intercept !== null && typeof step.intercept === "object";
  const named = several
    ? Object.entries(step.intercept).map(([of, raw]) => [view.intercept + ": " + of, raw])
    : [[view.intercept, step.intercept]];
  return named.filter(([, raw]) => raw !== null).map(([name, raw]) => ({ name, raw, size: null }));
}

/** Texts of numbers, filled up behind so that their decimal points stand under each other. */
function aligned(values) {
  const texts = values.map((value) => (value === null ? "" : number(value)));
  const places = texts.map((text) => (text.includes(".") ? text.length - text.indexOf(".") : 0));
  const deepest = Math.max(0, ...places);
  return texts.map((text, i) => text + " ".repeat(deepest - places[i]));
}

function rowsOf(models) {
  const texts = ["raw", "size"].map((key) => aligned(models.map((model) => model[key])));
  return models.map((model, i) => {
    const row = element("tr", undefined, model.raw === 0 ? "quiet" : ""),
      head = element("th", visible(model.name), "w");
    head.scope = "row";
    row.append(
      head,
      ...["raw", "size"].map((key, j) => {
        const cell = element("td", texts[j][i], "n");
        if (model[key] !== null) cell.dataset.v = model[key];
        return cell;
      }),
    );
    return row;
  });
}

function statusOf(step) {
  const said = [
    ["alpha", number(step.alpha) + " (" + (at + 1) + " of " + steps.length + ")"],
    [
      "features",
      step.nonzero.toLocaleString("en-US") +
        " of " +
        found.data.features.length.toLocaleString("en-US") +
        (step.df !== null && step.df !== step.nonzero ? ", df " + number(step.df, 3) : ""),
    ],
    ["explained", percent(step.deviance_ratio) + " in the rows fitted"],
  ];
  if (found.command === "cv") {
    const point = found.curve.filter((one) => one.l1_ratio === found.chosen.min.l1_ratio)[at];
    said.push(
      ["validation", view.measure + " " + number(point.mean) + " \u00b1 " + number(point.se, 3)],
      ["training", view.measure + " " + number(point.train_mean)],
    );
  }
  return said;
}

function showModel(series) {
  const step = steps[at],
    table = byId("at");
  byId("status").replaceChildren(
    ...statusOf(step).flatMap(([name, words]) => [element("dt", name), element("dd", words)]),
  );
  const rows = modelRows(series);
  const intercepts = interceptsOf(step);
  const made = rowsOf([...rows, ...intercepts]);
  table.tFoot.replaceChildren(...made.splice(rows.length));
  table.tBodies[0].replaceChildren(...made);
  const sorted = table.tHead.querySelector("[aria-sort]");
  if (sorted) sortBy(table, sorted.cellIndex, sorted.getAttribute("aria-sort"));
  const more = byId("at-more");
  more.hidden = series.length <= LISTED;
  more.textContent = everyRow ? "Show the largest" : "Show all " + count(series.length, "feature");
  const slider = byId("alpha");
  slider.value = at;
  slider.setAttribute("aria-valuetext", "alpha " + number(step.alpha));
  for (const button of byId("jumps").children)
    button.setAttribute("aria-pressed", String(Number(button.dataset.at) === at));
}

function moveTo(place, series) {
  at = Math.min(Math.max(place, 0), steps.length - 1);
  Object.values(boxes).forEach(pointTo);
  showModel(series);
}

function walk() {
  const series = seriesOf();
  /* an order that stays while the slider moves: by size where it starts, then by the largest size */
  listed = series
    .map((_, i) => i)
    .sort((one, other) => Math.abs(series[other].values[at]) - Math.abs(series[one].values[at]) || one - other);
  along = alphaAxis((found.curve || []).concat(steps).map((step) => step.alpha));
  if (found.command === "cv") charts.error = errorChart();
  charts.path = pathChart(series);
  drawAll();
  const slider = byId("alpha"),
    jumps = byId("jumps");
  slider.max = steps.length - 1;
  slider.addEventListener("input", () => moveTo(Number(slider.value), series));
  for (const mark of view.marks) {
    const button = element("button", mark.text);
    button.type = "button";
    button.dataset.at = mark.at;
    button.addEventListener("click", () => moveTo(mark.at, series));
    jumps.append(button);
  }
  byId("at-more").addEventListener("click", () => {
    everyRow = !everyRow;
    showModel(series);
  });
  for (const box of Object.values(boxes))
    box.on("plotly_click", (event) => {
      const x = event.points[0].x;
      const near = steps
        .map((step, i) => [Math.abs(along.at(step.alpha) - x), i])
        .reduce((least, one) => (one[0] < least[0] ? one : least));
      moveTo(near[1], series);
    });
  document.querySelector(".along").hidden = false;
  showModel(series);
}

/* ---- the page ---- */
function wear(theme) {
  root.dataset.theme = theme;
  showTheme();
  drawAll();
}
function showTheme() {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
}
byId("theme").addEventListener("click", () => wear(isDark() ? "light" : "dark"));
dark.addEventListener("change", () => {
  if (!root.dataset.theme) {
    showTheme();
    drawAll();
  }
});
byId("print").addEventListener("click", () => window.print());
window.addEventListener("beforeprint", () => {
  printing = true;
  drawAll();
});
window.addEventListener("afterprint", () => {
  printing = false;
  drawAll();
});
byId("download").href = URL.createObjectURL(new Blob([byId("document").textContent], { type: "application/json" }));
byId("tools").hidden = false;
showTheme();

if (steps) walk();
else if (view) {
  if (view.kind === "fit") charts.sizes = found.model.fan ? fanChart() : fitChart();
  if (found.training) charts.loss = lossChart();
  if (view.kind === "compare") {
    charts.errors = errorsChart();
    charts.sizes = compareChart();
  }
  drawAll();
}
