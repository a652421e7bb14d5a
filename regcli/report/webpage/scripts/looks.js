/* Colours, light and dark, and what all charts have in common. */

const LIGHT = {
  ink: "#1d232a",
  soft: "#59636e",
  grid: "#e8ecf0",
  zero: "#c3cbd3",
  others: "#b9c1c9",
  paper: "#ffffff",
  bars: "#7fb2d8",
  lines: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b87d00", "#333333"],
};
const DARK = {
  ink: "#e4e9ee",
  soft: "#9ba7b3",
  grid: "#262e36",
  zero: "#4a5661",
  others: "#4b5661",
  paper: "#1c2229",
  bars: "#3f6f93",
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
    gridcolor: colours.grid,
    linecolor: colours.soft,
    tickcolor: colours.soft,
    zerolinecolor: colours.zero,
    zeroline: false,
    ticks: "outside",
    ticklen: 4,
    automargin: true,
    exponentformat: "power",
    minexponent: 6,
    separatethousands: true,
    title: { standoff: 8 },
  };
  const given = more.xaxis || {},
    other = more.yaxis || {},
    narrow = box.clientWidth < 620 && !printing;
  return {
    ...more,
    width: printing ? PAPER_WIDTH : undefined,
    autosize: !printing,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    colorway: colours.lines,
    font: {
      family: "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif",
      size: 12,
      color: colours.ink,
    },
    margin: { l: narrow ? 50 : 70, r: narrow || !legend ? 14 : 140, t: 24, b: 40 },
    hoverlabel: {
      bgcolor: colours.paper,
      bordercolor: colours.soft,
      font: { color: colours.ink, size: 12 },
      align: "left",
    },
    hovermode: "closest",
    dragmode: "zoom",
    xaxis: { ...axis, ...given },
    yaxis: { ...axis, ...other },
    legend: narrow
      ? { orientation: "h", y: -0.22, yanchor: "top", x: 0, font: { size: 11 } }
      : { y: 1, x: 1.01, font: { size: 11 } },
  };
}

/* ---- the axis of alpha: logarithmic, the largest at the left; alpha 0 has a place of its own at the right ---- */
function alphaAxis(alphas) {
  const positive = alphas.filter((alpha) => alpha > 0).map((alpha) => Math.min(Math.max(alpha, 1e-250), 1e250));
  if (!positive.length) return { at: () => 0, low: NaN, high: NaN, zero: 0, range: [1, -1] };
  const high = Math.log10(Math.max(...positive)),
    low = Math.log10(Math.min(...positive));
  const zero = Math.min(...alphas) <= 0 ? low - Math.max(0.35, 0.08 * (high - low)) : null;
  const last = zero === null ? low : zero,
    air = 0.015 * (high - last) || 0.5;
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
  const narrow = box.clientWidth < 620 && !printing,
    { ticks, texts } = ticksOf(along, narrow ? 5 : 9);
  return {
    range: along.range,
    tickmode: "array",
    tickvals: ticks,
    ticktext: texts,
    tickangle: 0,
    showgrid: true,
    title: { text: narrow ? "alpha (log, falling)" : "alpha (log scale, falling to the right)", standoff: 8 },
  };
}

/* ---- charts: each is a function of the colours that gives traces and layout ---- */
const charts = {};
const boxes = {};
const CONFIG = {
  displaylogo: false,
  displayModeBar: "hover",
  responsive: true,
  typesetMath: false,
  showLink: false,
  showSendToCloud: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
  toImageButtonOptions: { filename: "regcli-" + found.command, scale: 2 },
};

function draw(id) {
  const box = byId(id),
    colours = isDark() && !printing ? DARK : LIGHT;
  const { data, layout: more } = charts[id](colours, box),
    first = !(id in boxes);
  boxes[id] = box;
  Plotly.react(
    box,
    data,
    layout(
      box,
      colours,
      more,
      data.some((one) => one.showlegend !== false),
    ),
    CONFIG,
  );
  if (first && steps) box.on("plotly_afterplot", () => pointTo(box));
  if (steps) pointTo(box);
}

/** Put the line of the slider where its alpha is; a line of the chart's own would cost a redraw at every step. */
function pointTo(box) {
  const hand = byId(box.id + "-here"),
    { xaxis, yaxis } = box._fullLayout;
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
  place.textContent =
    words +
    ": " +
    shown +
    (names.length > 12 ? " and " + (names.length - 12).toLocaleString("en-US") + " more" : "") +
    ".";
}
