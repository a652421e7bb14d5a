"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const found = JSON.parse(byId("document").textContent);
  const view = JSON.parse(byId("view").textContent);
  const root = document.documentElement;

  /* ---- words and numbers ---- */
  const NAMED = 10, DRAWN = 60, LISTED = 25, LONGEST = 30;
  const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
  const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

  /** A name with every character that could fool a reader written as an escape. */
  function visible(name) {
    return name.replace(UNSAFE, (char) => {
      const code = char.codePointAt(0), hex = code.toString(16);
      if (SHORT[char]) return SHORT[char];
      return code < 256 ? "\\x" + hex.padStart(2, "0") : code < 65536 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
    });
  }

  /** A name as a label of a chart: plotly reads a little HTML in its texts, so that none may be left in a name. */
  function label(name, longest = LONGEST) {
    const chars = Array.from(visible(name));
    const text = chars.length > longest ? chars.slice(0, longest - 1).join("") + "\u2026" : chars.join("");
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  /** A number to five digits, as in the tables. */
  function number(value, digits = 5) {
    if (value === null || value === undefined) return "-";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (size >= 10 ** digits && size < 1e9) return Math.round(value).toLocaleString("en-US");
    if (size >= 1e-4 && size < 10 ** digits && !value.toPrecision(digits).includes("e")) return value.toPrecision(digits);
    return value.toExponential(digits - 1).replace(/e([+-])(\d)$/, "e$10$2");
  }
  const percent = (share) => (share > 0 && share < 0.0005 ? "<0.1 %" : (100 * share).toFixed(1) + " %");
  /** The value of a feature, 0 where the map leaves it out: "constructor" may be a column too. */
  const valueOf = (map, name) => (Object.hasOwn(map, name) ? map[name] : 0);
  const count = (value, noun) => value.toLocaleString("en-US") + " " + noun + (value === 1 ? "" : "s");
  const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value || 0)), 0);

  function element(tag, text, kind) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  /* ---- looks ---- */
  const LIGHT = {
    ink: "#1d232a", soft: "#59636e", grid: "#e8ecf0", zero: "#c3cbd3", others: "#b9c1c9", paper: "#ffffff", bars: "#7fb2d8",
    lines: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b87d00", "#333333"],
  };
  const DARK = {
    ink: "#e4e9ee", soft: "#9ba7b3", grid: "#262e36", zero: "#4a5661", others: "#4b5661", paper: "#1c2229", bars: "#3f6f93",
    lines: ["#4ea8e6", "#ff8a4c", "#2fc89a", "#e7a1c6", "#9ad4f5", "#f0b33c", "#e4e9ee"],
  };
  const DASHES = ["solid", "dash", "dot", "dashdot"];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const PAPER_WIDTH = 690;
  let printing = false;

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  }
  const look = (i, colours) => ({ color: colours.lines[i % colours.lines.length], dash: DASHES[i % DASHES.length] });

  function layout(box, colours, more, legend) {
    const axis = {
      gridcolor: colours.grid, linecolor: colours.soft, tickcolor: colours.soft, zerolinecolor: colours.zero, zeroline: false,
      ticks: "outside", ticklen: 4, automargin: true, exponentformat: "power", minexponent: 6, separatethousands: true, title: { standoff: 8 },
    };
    const given = more.xaxis || {}, other = more.yaxis || {}, narrow = box.clientWidth < 620 && !printing;
    return {
      ...more,
      width: printing ? PAPER_WIDTH : undefined,
      autosize: !printing,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: colours.lines,
      font: { family: "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif", size: 12, color: colours.ink },
      margin: { l: narrow ? 50 : 70, r: narrow || !legend ? 14 : 140, t: 24, b: 40 },
      hoverlabel: { bgcolor: colours.paper, bordercolor: colours.soft, font: { color: colours.ink, size: 12 }, align: "left" },
      hovermode: "closest", dragmode: "zoom",
      xaxis: { ...axis, ...given }, yaxis: { ...axis, ...other },
      legend: narrow
        ? { orientation: "h", y: -0.22, yanchor: "top", x: 0, font: { size: 11 } }
        : { y: 1, x: 1.01, font: { size: 11 } },
    };
  }

  /* ---- the axis of alpha: logarithmic, the largest at the left; alpha 0 has a place of its own at the right ---- */
  function alphaAxis(alphas) {
    const positive = alphas.filter((alpha) => alpha > 0).map((alpha) => Math.min(Math.max(alpha, 1e-250), 1e250));
    if (!positive.length) return { at: () => 0, low: NaN, high: NaN, zero: 0, range: [1, -1] };
    const high = Math.log10(Math.max(...positive)), low = Math.log10(Math.min(...positive));
    const zero = Math.min(...alphas) <= 0 ? low - Math.max(0.35, 0.08 * (high - low)) : null;
    const last = zero === null ? low : zero, air = 0.015 * (high - last) || 0.5;
    const at = (alpha) => (alpha > 0 ? Math.log10(Math.min(Math.max(alpha, 1e-250), 1e250)) : zero);
    return { at, low, high, zero, range: [high + air, last - air] };
  }

  /** Round numbers along it: decades where they are enough, else 1 3, 1 2 5, ...; whole decades apart where they are too many. */
  function ticksOf(along, most) {
    const { low, high, zero } = along;
    let ticks = [];
    for (const digits of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]]) {
      const more = [];
      for (let power = Math.floor(low); power <= Math.ceil(high); power++)
        for (const digit of digits) {
          const place = power + Math.log10(digit);
          if (place >= low - 1e-9 && place <= high + 1e-9) more.push(place);
        }
      if (more.length > most) {
        if (!ticks.length) ticks = more.filter((_, i) => i % Math.ceil(more.length / most) === 0);
        break;
      }
      ticks = more;
    }
    if (!ticks.length && Number.isFinite(low)) ticks = [low];
    const texts = ticks.map((place) => String(Number((10 ** place).toPrecision(2))).replace(/e\+?/, "e"));
    return zero === null ? { ticks, texts } : { ticks: [...ticks, zero], texts: [...texts, "0"] };
  }

  function axisOf(box) {
    const narrow = box.clientWidth < 620 && !printing, { ticks, texts } = ticksOf(along, narrow ? 5 : 9);
    return {
      range: along.range, tickmode: "array", tickvals: ticks, ticktext: texts, tickangle: 0, showgrid: true,
      title: { text: narrow ? "alpha (log, falling)" : "alpha (log scale, falling to the right)", standoff: 8 },
    };
  }

  /* ---- charts: each is a function of the colours that gives traces and layout ---- */
  const charts = {};
  const boxes = {};
  const CONFIG = {
    displaylogo: false, responsive: true, typesetMath: false, showLink: false, showSendToCloud: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
    toImageButtonOptions: { filename: "regcli-" + found.command, scale: 2 },
  };

  function draw(id) {
    const box = byId(id), colours = isDark() && !printing ? DARK : LIGHT;
    const { data, layout: more } = charts[id](colours, box), first = !(id in boxes);
    boxes[id] = box;
    Plotly.react(box, data, layout(box, colours, more, data.some((one) => one.showlegend !== false)), CONFIG);
    if (first && steps) box.on("plotly_afterplot", () => pointTo(box));
    if (steps) pointTo(box);
  }

  /** Put the line of the slider where its alpha is; a line of the chart's own would cost a redraw at every step. */
  function pointTo(box) {
    const hand = byId(box.id + "-here"), { xaxis, yaxis } = box._fullLayout;
    const place = xaxis.l2p(along.at(steps[at].alpha));
    hand.hidden = place < -0.5 || place > xaxis._length + 0.5;
    hand.style.left = xaxis._offset + place + "px";
    hand.style.top = yaxis._offset + "px";
    hand.style.height = yaxis._length + "px";
  }
  const drawAll = () => Object.keys(charts).forEach(draw);

  function leftOut(id, names, words) {
    const place = byId(id + "-left-out");
    place.hidden = !names.length;
    const shown = names.slice(0, 12).map(visible).join(", ");
    place.textContent = words + ": " + shown + (names.length > 12 ? " and " + (names.length - 12).toLocaleString("en-US") + " more" : "") + ".";
  }

  /* ---- a path: curves along alpha, a slider, and the model at its place ---- */
  const steps = view && view.steps ? found.path : null;
  let at = view && view.steps ? view.start : 0;
  let along = null;

  function seriesOf() {
    const series = new Map();
    steps.forEach((step, i) => {
      for (const [name, value] of Object.entries(step.standardized)) {
        if (!series.has(name)) series.set(name, new Array(steps.length).fill(0));
        series.get(name)[i] = value;
      }
    });
    return [...series].map(([name, values]) => ({ name, values, size: largest(values) }))
      .filter((one) => one.size > 0).sort((one, other) => other.size - one.size);
  }

  function marks(colours) {
    return view.marks.map((mark) => {
      const x = along.at(steps[mark.at].alpha);
      return {
        type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1,
        line: { color: colours.soft, width: 1, dash: mark.used ? "solid" : "dash" },
      };
    });
  }

  function markWords(colours) {
    const places = view.marks.map((mark) => along.at(steps[mark.at].alpha));
    return view.marks.map((mark, i) => ({
      x: places[i], xref: "x", y: 1, yref: "paper", yanchor: "bottom", showarrow: false, text: mark.name,
      xanchor: places.some((other) => other < places[i]) ? "right" : "left", xshift: places.some((other) => other < places[i]) ? 3 : -3,
      font: { size: 11, color: mark.used ? colours.ink : colours.soft },
    }));
  }

  /** Zeros that only lead from zero to zero are left out: lines on each other say nothing. */
  const trimmed = (values) => values.map((value, i) => (value || values[i - 1] || values[i + 1] ? value : null));

  function pathChart(series) {
    const named = series.slice(0, NAMED), others = series.slice(NAMED, DRAWN);
    const last = (one) => one.values[one.values.length - 1];
    const order = [...named].sort((one, other) => last(other) - last(one));
    const x = steps.map((step) => along.at(step.alpha));
    leftOut("path", series.slice(DRAWN).map((one) => one.name),
      "The " + DRAWN + " largest of " + count(series.length, "feature") + " are drawn, the others are in the table; left out");
    const words = (one) => steps.map((step, i) =>
      "<b>" + label(one.name, 60) + "</b><br>alpha " + number(step.alpha) + "<br>standardized " + number(one.values[i]) +
      "<br>coefficient " + number(valueOf(step.coefficients, one.name)));
    const mode = steps.length === 1 ? "markers" : "lines";
    const hover = new Map([...named, ...others].map((one) => [one, words(one)]));
    return (colours, box) => ({
      data: [
        ...others.map((one) => ({
          type: "scatter", mode, x, y: trimmed(one.values), line: { color: colours.others, width: 1 }, marker: { color: colours.others },
          hoverinfo: "text", hovertext: hover.get(one), showlegend: false, name: "",
        })),
        ...order.map((one) => ({ one, i: named.indexOf(one) })).map(({ one, i }) => ({
          type: "scatter", mode, x, y: trimmed(one.values), line: { width: 2, ...look(i, colours) }, marker: { size: 8, color: look(i, colours).color },
          hoverinfo: "text", hovertext: hover.get(one), name: label(one.name, 22), showlegend: true,
        })),
      ],
      layout: {
        height: 400, xaxis: axisOf(box), shapes: marks(colours), annotations: markWords(colours),
        yaxis: { title: { text: "standardized coefficient" }, zeroline: true },
      },
    });
  }

  /* ---- the error of a cross-validation ---- */
  function errorChart() {
    const chosen = found.chosen, best = chosen.min.l1_ratio, r2 = chosen.measure === "r2";
    const curves = new Map();
    for (const point of found.curve) {
      if (!curves.has(point.l1_ratio)) curves.set(point.l1_ratio, []);
      curves.get(point.l1_ratio).push(point);
    }
    const own = curves.get(best), null_ = chosen.null.mean;
    const words = (point, what) =>
      "<b>" + what + "</b><br>alpha " + number(point.alpha) + (curves.size > 1 ? "<br>l1_ratio " + number(point.l1_ratio, 3) : "") +
      "<br>validation " + view.measure + " " + number(point.mean) + " \u00b1 " + number(point.se, 3) +
      "<br>training " + view.measure + " " + number(point.train_mean) + "<br>" + count(point.nonzero, "feature");
    const x = (points) => points.map((point) => along.at(point.alpha));
    const every = found.curve.map((point) => point.mean).concat(own.flatMap((point) => [point.train_mean, point.mean - point.se, point.mean + point.se]), [null_])
      .filter((value) => value !== null && Number.isFinite(value));
    let low = Math.min(...every), high = Math.max(...every);
    if (r2 && high > null_) low = Math.max(low, null_ - 0.6 * (high - null_));
    if (!r2 && low < null_) high = Math.min(high, null_ + 0.6 * (null_ - low));
    const air = 0.05 * (high - low || Math.abs(high) || 1);
    const several = curves.size > 1;
    const rivals = [...curves].filter(([ratio]) => ratio !== best);
    const few = own.length < 3 ? "lines+markers" : "lines";
    return (colours, box) => ({
      data: [
        ...rivals.map(([ratio, points], i) => ({
          type: "scatter", mode: few, x: x(points), y: points.map((point) => point.mean), name: "l1_ratio " + number(ratio, 3).replace(/0+$/, "").replace(/\.$/, ""),
          line: { width: 1.3, ...look(i + 2, colours) }, hoverinfo: "text", hovertext: points.map((point) => words(point, "l1_ratio " + ratio)),
        })),
        {
          type: "scatter", mode: "lines", x: x(own), y: own.map((point) => point.train_mean), name: "training",
          line: { color: colours.lines[1], width: 1.5, dash: "dash" }, hoverinfo: "text", hovertext: own.map((point) => words(point, "training")),
        },
        {
          type: "scatter", mode: "lines+markers", x: x(own), y: own.map((point) => point.mean),
          name: several ? "l1_ratio " + best + " (best)" : "validation", marker: { size: 4 }, line: { color: colours.lines[0], width: 2 },
          error_y: { type: "data", array: own.map((point) => point.se || 0), color: colours.bars, thickness: 1, width: own.length <= 60 ? 2 : 0 },
          hoverinfo: "text", hovertext: own.map((point) => words(point, "validation")),
        },
        {
          type: "scatter", mode: "lines", x: along.range, y: [null_, null_], name: "no features",
          line: { color: colours.soft, width: 1, dash: "dot" }, hoverinfo: "text", hovertext: "no features: " + view.measure + " " + number(null_),
        },
      ],
      layout: {
        height: 340, xaxis: axisOf(box), shapes: marks(colours), annotations: markWords(colours),
        yaxis: { title: { text: view.measure }, range: [low - air, high + air] },
      },
    });
  }

  /* ---- sizes of coefficients as dots ---- */
  function fitChart() {
    const columns = new Map(found.data.columns.map((column) => [column.name, column]));
    const inference = new Map(found.inference ? found.inference.coefficients.map((row) => [row.name, row]) : []);
    const shown = found.model.coefficients.filter((row) => row.coefficient !== 0)
      .sort((one, other) => Math.abs(other.standardized) - Math.abs(one.standardized));
    const rows = shown.slice(0, LISTED).reverse();
    leftOut("sizes", shown.slice(LISTED).map((row) => row.name), "The " + LISTED + " largest are drawn; left out");
    const bounds = (row, key) => {
      const found = inference.get(row.name);
      return found ? Math.abs(found[key] - row.coefficient) * columns.get(row.name).scale : 0;
    };
    const words = rows.map((row) => {
      const low = inference.get(row.name);
      return "<b>" + label(row.name, 60) + "</b><br>standardized " + number(row.standardized) + "<br>coefficient " + number(row.coefficient) +
        (low ? "<br>95 % from " + number(low.low) + " to " + number(low.high) : "");
    });
    const y = rows.map((_, i) => i);
    return (colours) => ({
      data: [
        {
          type: "bar", orientation: "h", x: rows.map((row) => row.standardized), y, width: 0.12, marker: { color: colours.others },
          hoverinfo: "skip", showlegend: false,
        },
        {
          type: "scatter", mode: "markers", x: rows.map((row) => row.standardized), y, marker: { size: 10, color: colours.lines[0] },
          error_x: inference.size ? {
            type: "data", symmetric: false, array: rows.map((row) => bounds(row, "high")), arrayminus: rows.map((row) => bounds(row, "low")),
            color: colours.lines[0], thickness: 1.5, width: 4,
          } : undefined,
          hoverinfo: "text", hovertext: words, showlegend: false,
        },
      ],
      layout: dotLayout(rows.map((row) => label(row.name)), "standardized coefficient", true),
    });
  }

  function dotLayout(names, title, zeroline) {
    return {
      height: 90 + (printing ? 18 : 24) * Math.max(names.length, 2),
      xaxis: { title: { text: title, standoff: 8 }, zeroline },
      yaxis: { tickmode: "array", tickvals: names.map((_, i) => i), ticktext: names, range: [-0.7, names.length - 0.3], ticks: "", fixedrange: true },
    };
  }

  function errorsChart() {
    const rows = [...found.models].reverse();
    const words = rows.map((row) => "<b>" + view.names[row.name] + "</b><br>" + view.measure + " " + number(row.mean) +
      (row.se === null ? "" : " \u00b1 " + number(row.se, 3)) + "<br>" + count(row.nonzero, "feature"));
    return (colours) => ({
      data: [{
        type: "scatter", mode: "markers", x: rows.map((row) => row.mean), y: rows.map((_, i) => i), hoverinfo: "text", hovertext: words, showlegend: false,
        error_x: { type: "data", array: rows.map((row) => row.se || 0), color: colours.bars, thickness: 1.5, width: 5 },
        marker: { size: 11, color: rows.map((row) => (row.name === found.verdict.chosen ? colours.lines[1] : colours.lines[0])) },
      }],
      layout: dotLayout(rows.map((row) => view.names[row.name] + (row.name === found.verdict.chosen ? " (chosen)" : "")), view.measure, false),
    });
  }

  function compareChart() {
    const models = found.models.filter((model) => model.name !== "null");
    const sizes = new Map();
    for (const model of models)
      for (const [name, value] of Object.entries(model.standardized)) sizes.set(name, Math.max(sizes.get(name) || 0, Math.abs(value)));
    const ranked = [...sizes.keys()].sort((one, other) => sizes.get(other) - sizes.get(one));
    const names = ranked.slice(0, LISTED).reverse();
    leftOut("sizes", ranked.slice(LISTED), "The " + LISTED + " largest are drawn; left out");
    const symbols = ["circle", "square", "diamond", "triangle-up", "cross", "x"];
    return (colours) => ({
      data: models.map((model, i) => ({
        type: "scatter", mode: "markers", name: view.names[model.name], x: names.map((name) => valueOf(model.standardized, name)), y: names.map((_, j) => j),
        marker: { size: 9, symbol: symbols[i % symbols.length], color: colours.lines[i % colours.lines.length], opacity: 0.9 },
        hoverinfo: "text", hovertext: names.map((name) => "<b>" + label(name, 60) + "</b><br>" + view.names[model.name] + "<br>standardized " +
          number(valueOf(model.standardized, name)) + "<br>coefficient " + number(valueOf(model.coefficients, name))),
      })),
      layout: dotLayout(names.map((name) => label(name)), "standardized coefficient", true),
    });
  }

  /* ---- tables ---- */
  function keyOf(row, place) {
    const cell = row.cells[place];
    return cell.classList.contains("n") ? ("v" in cell.dataset ? Number(cell.dataset.v) : null) : cell.textContent || null;
  }

  function sortBy(table, place, way) {
    const body = table.tBodies[0], rows = [...body.rows];
    rows.forEach((row, i) => { if (!("place" in row.dataset)) row.dataset.place = i; });
    const sign = way === "descending" ? -1 : 1;
    const keys = new Map(rows.map((row) => [row, way ? keyOf(row, place) : Number(row.dataset.place)]));
    rows.sort((one, other) => {
      const a = keys.get(one), b = keys.get(other);
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true })) || one.dataset.place - other.dataset.place;
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
    const body = button.closest("section").querySelector("tbody"), all = button.dataset.all;
    const states = body.classList.contains("long")
      ? [["short", "Show 1,000 of " + all], ["thousand", "Show all " + all], ["", "Show fewer"]]
      : [["short", "Show all " + all], ["", "Show fewer"]];
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
      try { await navigator.clipboard.writeText(code.dataset.copy); button.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(code); button.textContent = "Selected"; }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    code.after(button);
  }

  /* ---- the model at the slider ---- */
  let everyRow = false, listed = [];

  function modelRows(series) {
    const step = steps[at];
    const rows = series.map((one) => ({ name: one.name, raw: valueOf(step.coefficients, one.name), size: one.values[at] }));
    if (everyRow || rows.length <= LISTED) return listed.map((i) => rows[i]);
    return rows.filter((row) => row.raw).sort((one, other) => Math.abs(other.size) - Math.abs(one.size)).slice(0, LISTED);
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
      const row = element("tr", undefined, model.raw === 0 ? "quiet" : ""), head = element("th", visible(model.name), "w");
      head.scope = "row";
      row.append(head, ...["raw", "size"].map((key, j) => {
        const cell = element("td", texts[j][i], "n");
        if (model[key] !== null) cell.dataset.v = model[key];
        return cell;
      }));
      return row;
    });
  }

  function statusOf(step) {
    const said = [
      ["alpha", number(step.alpha) + " (" + (at + 1) + " of " + steps.length + ")"],
      ["features", step.nonzero.toLocaleString("en-US") + " of " + found.data.features.length.toLocaleString("en-US") +
        (step.df !== null && step.df !== step.nonzero ? ", df " + number(step.df, 3) : "")],
      ["explained", percent(step.deviance_ratio) + " in the rows fitted"],
    ];
    if (found.command === "cv") {
      const point = found.curve.filter((one) => one.l1_ratio === found.chosen.min.l1_ratio)[at];
      said.push(["validation", view.measure + " " + number(point.mean) + " \u00b1 " + number(point.se, 3)], ["training", view.measure + " " + number(point.train_mean)]);
    }
    return said;
  }

  function showModel(series) {
    const step = steps[at], table = byId("at");
    byId("status").replaceChildren(...statusOf(step).flatMap(([name, words]) => [element("dt", name), element("dd", words)]));
    const rows = modelRows(series);
    if (step.intercept !== null) rows.push({ name: view.intercept, raw: step.intercept, size: null });
    const made = rowsOf(rows);
    table.tFoot.replaceChildren(...(step.intercept === null ? [] : [made.pop()]));
    table.tBodies[0].replaceChildren(...made);
    const sorted = table.tHead.querySelector("[aria-sort]");
    if (sorted) sortBy(table, sorted.cellIndex, sorted.getAttribute("aria-sort"));
    const more = byId("at-more");
    more.hidden = series.length <= LISTED;
    more.textContent = everyRow ? "Show the largest" : "Show all " + count(series.length, "feature");
    const slider = byId("alpha");
    slider.value = at;
    slider.setAttribute("aria-valuetext", "alpha " + number(step.alpha));
    for (const button of byId("jumps").children) button.setAttribute("aria-pressed", String(Number(button.dataset.at) === at));
  }

  function moveTo(place, series) {
    at = Math.min(Math.max(place, 0), steps.length - 1);
    Object.values(boxes).forEach(pointTo);
    showModel(series);
  }

  function walk() {
    const series = seriesOf();
    /* an order that stays while the slider moves: by size where it starts, then by the largest size */
    listed = series.map((_, i) => i).sort((one, other) => Math.abs(series[other].values[at]) - Math.abs(series[one].values[at]) || one - other);
    along = alphaAxis((found.curve || []).concat(steps).map((step) => step.alpha));
    if (found.command === "cv") charts.error = errorChart();
    charts.path = pathChart(series);
    drawAll();
    const slider = byId("alpha"), jumps = byId("jumps");
    slider.max = steps.length - 1;
    slider.addEventListener("input", () => moveTo(Number(slider.value), series));
    for (const mark of view.marks) {
      const button = element("button", mark.text);
      button.type = "button";
      button.dataset.at = mark.at;
      button.addEventListener("click", () => moveTo(mark.at, series));
      jumps.append(button);
    }
    byId("at-more").addEventListener("click", () => { everyRow = !everyRow; showModel(series); });
    for (const box of Object.values(boxes))
      box.on("plotly_click", (event) => {
        const x = event.points[0].x;
        const near = steps.map((step, i) => [Math.abs(along.at(step.alpha) - x), i]).reduce((least, one) => (one[0] < least[0] ? one : least));
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
  dark.addEventListener("change", () => { if (!root.dataset.theme) { showTheme(); drawAll(); } });
  byId("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => { printing = true; drawAll(); });
  window.addEventListener("afterprint", () => { printing = false; drawAll(); });
  byId("download").href = URL.createObjectURL(new Blob([byId("document").textContent], { type: "application/json" }));
  byId("tools").hidden = false;
  showTheme();

  if (steps) walk();
  else if (view) {
    if (view.kind === "fit") charts.sizes = fitChart();
    if (view.kind === "compare") { charts.errors = errorsChart(); charts.sizes = compareChart(); }
    drawAll();
  }
})();
