/* Charts along alpha: coefficients of a path, errors of a cross-validation. */

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
  return [...series]
    .map(([name, values]) => ({ name, values, size: largest(values) }))
    .filter((one) => one.size > 0)
    .sort((one, other) => other.size - one.size);
}

function marks(colours) {
  return view.marks.map((mark) => {
    const x = along.at(steps[mark.at].alpha);
    return {
      type: "line",
      xref: "x",
      yref: "paper",
      x0: x,
      x1: x,
      y0: 0,
      y1: 1,
      line: { color: colours.soft, width: 1, dash: mark.used ? "solid" : "dash" },
    };
  });
}

function markWords(colours) {
  const places = view.marks.map((mark) => along.at(steps[mark.at].alpha));
  return view.marks.map((mark, i) => ({
    x: places[i],
    xref: "x",
    y: 1,
    yref: "paper",
    yanchor: "bottom",
    showarrow: false,
    text: mark.name,
    xanchor: places.some((other) => other < places[i]) ? "right" : "left",
    xshift: places.some((other) => other < places[i]) ? 3 : -3,
    font: { size: 11, color: mark.used ? colours.ink : colours.soft },
  }));
}

/** Zeros that only lead from zero to zero are left out: lines on each other say nothing. */
const trimmed = (values) => values.map((value, i) => (value || values[i - 1] || values[i + 1] ? value : null));

function pathChart(series) {
  const named = series.slice(0, NAMED),
    others = series.slice(NAMED, DRAWN);
  const last = (one) => one.values[one.values.length - 1];
  const order = [...named].sort((one, other) => last(other) - last(one));
  const x = steps.map((step) => along.at(step.alpha));
  leftOut(
    "path",
    series.slice(DRAWN).map((one) => one.name),
    "The " +
      DRAWN +
      " largest of " +
      count(series.length, "feature") +
      " are drawn, the others are in the table; left out",
  );
  const words = (one) =>
    steps.map(
      (step, i) =>
        "<b>" +
        label(one.name, 60) +
        "</b><br>alpha " +
        number(step.alpha) +
        "<br>standardized " +
        number(one.values[i]) +
        "<br>coefficient " +
        number(valueOf(step.coefficients, one.name)),
    );
  const mode = steps.length === 1 ? "markers" : "lines";
  const hover = new Map([...named, ...others].map((one) => [one, words(one)]));
  return (colours, box) => ({
    data: [
      ...others.map((one) => ({
        type: "scatter",
        mode,
        x,
        y: trimmed(one.values),
        line: { color: colours.others, width: 1 },
        marker: { color: colours.others },
        hoverinfo: "text",
        hovertext: hover.get(one),
        showlegend: false,
        name: "",
      })),
      ...order
        .map((one) => ({ one, i: named.indexOf(one) }))
        .map(({ one, i }) => ({
          type: "scatter",
          mode,
          x,
          y: trimmed(one.values),
          line: { width: 2, ...look(i, colours) },
          marker: { size: 8, color: look(i, colours).color },
          hoverinfo: "text",
          hovertext: hover.get(one),
          name: label(one.name, 22),
          showlegend: true,
        })),
    ],
    layout: {
      height: 400,
      xaxis: axisOf(box),
      shapes: marks(colours),
      annotations: markWords(colours),
      yaxis: { title: { text: "standardized coefficient" }, zeroline: true },
    },
  });
}

/* ---- the error of a cross-validation ---- */
function errorChart() {
  const chosen = found.chosen,
    best = chosen.min.l1_ratio,
    r2 = chosen.measure === "r2";
  const curves = new Map();
  for (const point of found.curve) {
    if (!curves.has(point.l1_ratio)) curves.set(point.l1_ratio, []);
    curves.get(point.l1_ratio).push(point);
  }
  const own = curves.get(best),
    null_ = chosen.null.mean;
  const words = (point, what) =>
    "<b>" +
    what +
    "</b><br>alpha " +
    number(point.alpha) +
    (curves.size > 1 ? "<br>l1_ratio " + number(point.l1_ratio, 3) : "") +
    "<br>validation " +
    view.measure +
    " " +
    number(point.mean) +
    " \u00b1 " +
    number(point.se, 3) +
    (view.training ? "<br>training " + view.measure + " " + number(point.train_mean) : "") +
    "<br>" +
    count(point.nonzero, "feature");
  const x = (points) => points.map((point) => along.at(point.alpha));
  const every = found.curve
    .map((point) => point.mean)
    .concat(
      own.flatMap((point) => [point.mean - point.se, point.mean + point.se]),
      view.training ? own.map((point) => point.train_mean) : [],
      [null_],
    )
    .filter((value) => value !== null && Number.isFinite(value));
  let low = Math.min(...every),
    high = Math.max(...every);
  if (r2 && high > null_) low = Math.max(low, null_ - 0.6 * (high - null_));
  if (!r2 && low < null_) high = Math.min(high, null_ + 0.6 * (null_ - low));
  const air = 0.05 * (high - low || Math.abs(high) || 1);
  const several = curves.size > 1;
  const rivals = [...curves].filter(([ratio]) => ratio !== best);
  const few = own.length < 3 ? "lines+markers" : "lines";
  return (colours, box) => ({
    data: [
      ...rivals.map(([ratio, points], i) => ({
        type: "scatter",
        mode: few,
        x: x(points),
        y: points.map((point) => point.mean),
        name: "l1_ratio " + number(ratio, 3).replace(/0+$/, "").replace(/\.$/, ""),
        line: { width: 1.3, ...look(i + 2, colours) },
        hoverinfo: "text",
        hovertext: points.map((point) => words(point, "l1_ratio " + ratio)),
      })),
      ...(view.training
        ? [
            {
              type: "scatter",
              mode: "lines",
              x: x(own),
              y: own.map((point) => point.train_mean),
              name: "training",
              line: { color: colours.lines[1], width: 1.5, dash: "dash" },
              hoverinfo: "text",
              hovertext: own.map((point) => words(point, "training")),
            },
          ]
        : []),
      {
        type: "scatter",
        mode: "lines+markers",
        x: x(own),
        y: own.map((point) => point.mean),
        name: several ? "l1_ratio " + best + " (best)" : "validation",
        marker: { size: 4 },
        line: { color: colours.lines[0], width: 2 },
        error_y: {
          type: "data",
          array: own.map((point) => point.se || 0),
          color: colours.bars,
          thickness: 1,
          width: own.length <= 60 ? 2 : 0,
        },
        hoverinfo: "text",
        hovertext: own.map((point) => words(point, "validation")),
      },
      {
        type: "scatter",
        mode: "lines",
        x: along.range,
        y: [null_, null_],
        name: "no features",
        line: { color: colours.soft, width: 1, dash: "dot" },
        hoverinfo: "text",
        hovertext: "no features: " + view.measure + " " + number(null_),
      },
    ],
    layout: {
      height: 340,
      xaxis: axisOf(box),
      shapes: marks(colours),
      annotations: markWords(colours),
      yaxis: { title: { text: view.measure }, range: [low - air, high + air] },
    },
  });
}
