/* Charts of coefficients and errors as dots: of a fit, of a comparison. */

function fitChart() {
  const columns = new Map(found.data.columns.map((column) => [column.name, column]));
  const inference = new Map(found.inference ? found.inference.coefficients.map((row) => [row.name, row]) : []);
  const shown = found.model.coefficients
    .filter((row) => row.coefficient !== 0)
    .sort((one, other) => Math.abs(other.standardized) - Math.abs(one.standardized));
  const rows = shown.slice(0, LISTED).reverse();
  leftOut(
    "sizes",
    shown.slice(LISTED).map((row) => row.name),
    "The " + LISTED + " largest are drawn; left out",
  );
  const bounds = (row, key) => {
    const found = inference.get(row.name);
    return found ? Math.abs(found[key] - row.coefficient) * columns.get(row.name).scale : 0;
  };
  const words = rows.map((row) => {
    const low = inference.get(row.name);
    return (
      "<b>" +
      label(row.name, 60) +
      "</b><br>standardized " +
      number(row.standardized) +
      "<br>coefficient " +
      number(row.coefficient) +
      (low ? "<br>95 % from " + number(low.low) + " to " + number(low.high) : "")
    );
  });
  const y = rows.map((_, i) => i);
  return (colours) => ({
    data: [
      {
        type: "bar",
        orientation: "h",
        x: rows.map((row) => row.standardized),
        y,
        width: 0.12,
        marker: { color: colours.others },
        hoverinfo: "skip",
        showlegend: false,
      },
      {
        type: "scatter",
        mode: "markers",
        x: rows.map((row) => row.standardized),
        y,
        marker: { size: 10, color: colours.lines[0] },
        error_x: inference.size
          ? {
              type: "data",
              symmetric: false,
              array: rows.map((row) => bounds(row, "high")),
              arrayminus: rows.map((row) => bounds(row, "low")),
              color: colours.lines[0],
              thickness: 1.5,
              width: 4,
            }
          : undefined,
        hoverinfo: "text",
        hovertext: words,
        showlegend: false,
      },
    ],
    layout: dotLayout(
      rows.map((row) => label(row.name)),
      "standardized coefficient",
      true,
    ),
  });
}

function dotLayout(names, title, zeroline) {
  return {
    height: 90 + (printing ? 18 : 24) * Math.max(names.length, 2),
    xaxis: { title: { text: title, standoff: 8 }, zeroline },
    yaxis: {
      tickmode: "array",
      tickvals: names.map((_, i) => i),
      ticktext: names,
      range: [-0.7, names.length - 0.3],
      ticks: "",
      fixedrange: true,
    },
  };
}

function errorsChart() {
  const rows = [...found.models].reverse();
  const words = rows.map(
    (row) =>
      "<b>" +
      view.names[row.name] +
      "</b><br>" +
      view.measure +
      " " +
      number(row.mean) +
      (row.se === null ? "" : " \u00b1 " + number(row.se, 3)) +
      "<br>" +
      count(row.nonzero, "feature"),
  );
  return (colours) => ({
    data: [
      {
        type: "scatter",
        mode: "markers",
        x: rows.map((row) => row.mean),
        y: rows.map((_, i) => i),
        hoverinfo: "text",
        hovertext: words,
        showlegend: false,
        error_x: {
          type: "data",
          array: rows.map((row) => row.se || 0),
          color: colours.bars,
          thickness: 1.5,
          width: 5,
        },
        marker: {
          size: 11,
          color: rows.map((row) => (row.name === found.verdict.chosen ? colours.lines[1] : colours.lines[0])),
        },
      },
    ],
    layout: dotLayout(
      rows.map((row) => view.names[row.name] + (row.name === found.verdict.chosen ? " (chosen)" : "")),
      view.measure,
      false,
    ),
  });
}

function compareChart() {
  return modelsChart(
    found.models.filter((model) => model.name !== "null").map((model) => ({ ...model, name: view.names[model.name] })),
  );
}

/** Each quantile of a fan as a model of its own. */
function fanChart() {
  const table = (one, key) => Object.fromEntries(one.coefficients.map((row) => [row.name, row[key]]));
  return modelsChart(
    found.model.fan.map((one) => ({
      name: one.level + " quantile",
      standardized: table(one, "standardized"),
      coefficients: table(one, "coefficient"),
    })),
  );
}

/** The coefficients of several models side by side, the largest in any of them first. */
function modelsChart(models) {
  const sizes = new Map();
  for (const model of models)
    for (const [name, value] of Object.entries(model.standardized))
      sizes.set(name, Math.max(sizes.get(name) || 0, Math.abs(value)));
  const ranked = [...sizes.keys()].sort((one, other) => sizes.get(other) - sizes.get(one));
  const names = ranked.slice(0, LISTED).reverse();
  leftOut("sizes", ranked.slice(LISTED), "The " + LISTED + " largest are drawn; left out");
  const symbols = ["circle", "square", "diamond", "triangle-up", "cross", "x"];
  return (colours) => ({
    data: models.map((model, i) => ({
      type: "scatter",
      mode: "markers",
      name: model.name,
      x: names.map((name) => valueOf(model.standardized, name)),
      y: names.map((_, j) => j),
      marker: {
        size: 9,
        symbol: symbols[i % symbols.length],
        color: colours.lines[i % colours.lines.length],
        opacity: 0.9,
      },
      hoverinfo: "text",
      hovertext: names.map(
        (name) =>
          "<b>" +
          label(name, 60) +
          "</b><br>" +
          model.name +
          "<br>standardized " +
          number(valueOf(model.standardized, name)) +
          "<br>coefficient " +
          number(valueOf(model.coefficients, name)),
      ),
    })),
    layout: dotLayout(
      names.map((name) => label(name)),
      "standardized coefficient",
      true,
    ),
  });
}
