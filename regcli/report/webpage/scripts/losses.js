/* The chart of a descent: its loss along the epochs, beside the exact minimum. */

function lossChart() {
  const training = found.training,
    history = training.history,
    exact = training.exact.loss;
  const lines = [["loss", "loss"]];
  if (training.validation) lines.push(["data", "training data"], ["validation", "validation"]);
  const x = history.map((record) => Math.max(record.epoch, 0.5));
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
      ...lines.map(([key, name], i) => ({
        type: "scatter",
        mode: history.length < 3 ? "lines+markers" : "lines",
        x,
        y: history.map((record) => record[key]),
        name,
        line: { width: 2, ...look(i, colours) },
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
      xaxis: { type: "log", title: { text: "epoch (log scale; 0 at the left end)", standoff: 8 } },
      yaxis: { type: exact > 0 ? "log" : "linear", dtick: exact > 0 ? "D2" : undefined, title: { text: "loss" } },
    },
  });
}
