/* The chart of a descent: its loss along the epochs, beside the exact minimum. */

/** A number at an axis: in full from 0.0001 to 9,999,999, else with an exponent. */
const atAxis = (value) =>
  value >= 0.99e-4 && value < 1e7
    ? value.toLocaleString("en-US", { maximumSignificantDigits: 4 })
    : String(Number(value.toPrecision(4))).replace("e+", "e");
const ticksAt = (tickvals, ticktext) => ({ tickmode: "array", tickvals, ticktext, tickangle: 0 });

/** Round numbers for a logarithmic axis: decades if they are enough, else 1 3, 1 2 5, ..., else even steps. */
function roundNumbers(low, high, most) {
  let found = [];
  for (const digits of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]]) {
    const more = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      more.push(...digits.map((digit) => Number(digit + "e" + power)));
    const inside = more.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9));
    if (inside.length > most)
      return found.length ? found : inside.filter((_, i) => i % Math.ceil(inside.length / most) === 0);
    found = inside;
    if (found.length >= 3) return found;
  }
  return found.length >= 2 ? found : evenNumbers(low, high);
}

function evenNumbers(low, high) {
  const least = (high - low) / 5;
  if (!(least > 1e-9 * high)) return [low];
  const unit = 10 ** Math.floor(Math.log10(least)),
    step = unit * [1, 2, 5, 10].find((times) => times * unit >= least * (1 - 1e-9));
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
  return found.length ? found : [low];
}

function logHeights(values) {
  const known = values.filter((value) => value > 0 && Number.isFinite(value)),
    ticks = roundNumbers(Math.min(...known), Math.max(...known), 6);
  return { type: "log", ...ticksAt(ticks, ticks.map(atAxis)), title: { text: "loss" } };
}

function lossChart() {
  const training = found.training,
    history = training.history,
    exact = training.exact.loss;
  const lines = [["loss", "loss", 0, 0]];
  if (training.validation) lines.push(["data", "training data", 2, 3], ["validation", "validation", 1, 1]);
  const x = history.map((record) => Math.max(record.epoch, 0.5));
  const heights = [exact, ...lines.flatMap(([key]) => history.map((record) => record[key]))];
  const epochs = roundNumbers(1, Math.max(x[x.length - 1], 2), 9).filter(Number.isInteger);
  const words = (record, key, name) =>
    "<b>" +
    name +
    "</b><br>epoch " +
    record.epoch.toLocaleString("en-US") +
    "<br>" +
    number(record[key]) +
    "<br>above the exact minimum " +
    number(Math.max(record.loss - exact, 0), 3) +
    "<br>" +
    count(record.nonzero, "feature");
  return (colours) => ({
    data: [
      ...lines.map(([key, name, colour, dash]) => ({
        type: "scatter",
        mode: history.length < 3 ? "lines+markers" : "lines",
        x,
        y: history.map((record) => record[key]),
        name,
        line: { width: 2, color: colours.lines[colour], dash: DASHES[dash] },
        hoverinfo: "text",
        hovertext: history.map((record) => words(record, key, name)),
      })),
      {
        type: "scatter",
        mode: "lines",
        x: [x[0], x[x.length - 1]],
        y: [exact, exact],
        name: "exact minimum",
        line: { color: colours.soft, width: 1, dash: "dot" },
        hoverinfo: "text",
        hovertext: "exact minimum " + number(exact),
      },
    ],
    layout: {
      height: 340,
      xaxis: {
        type: "log",
        ...ticksAt([0.5, ...epochs], ["start", ...epochs.map(atAxis)]),
        title: { text: "epoch (log scale)", standoff: 8 },
      },
      yaxis: exact > 0 ? logHeights(heights) : { type: "linear", title: { text: "loss" } },
    },
  });
}
