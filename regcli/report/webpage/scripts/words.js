/* What the page holds, and how its names and numbers are written. */

const byId = (id) => document.getElementById(id);
const found = JSON.parse(byId("document").textContent);
const view = JSON.parse(byId("view").textContent);
const root = document.documentElement;

const NAMED = 10,
  DRAWN = 60,
  LISTED = 25,
  LONGEST = 30;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A name with every character that could fool a reader written as an escape. */
function visible(name) {
  return name.replace(UNSAFE, (char) => {
    const code = char.codePointAt(0),
      hex = code.toString(16);
    if (SHORT[char]) return SHORT[char];
    return code < 256
      ? "\\x" + hex.padStart(2, "0")
      : code < 65536
        ? "\\u" + hex.padStart(4, "0")
        : "\\U" + hex.padStart(8, "0");
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
  if (size >= 1e-4 && size < 10 ** digits && !value.toPrecision(digits).includes("e"))
    return value.toPrecision(digits);
  return value.toExponential(digits - 1).replace(/e([+-])(\d)$/, "e$10$2");
}
const percent = (share) => (share > 0 && share < 0.0005 ? "<0.1 %" : (100 * share).toFixed(1) + " %");
/** The value of a feature, 0 where the map leaves it out: "constructor" may be a column too. */
const valueOf = (map, name) => (Object.hasOwn(map, name) ? map[name] : 0);
const count = (value, noun) => value.toLocaleString("en-US") + " " + noun + (value === 1 ? "" : "s");
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value || 0)), 0);

/** What stands by class in a step or a model, as features of their own: "feature: class". */
function flatten(step) {
  for (const key of ["coefficients", "standardized"])
    step[key] = Object.fromEntries(
      Object.entries(step[key]).flatMap(([of, map]) =>
        Object.entries(map).map(([name, value]) => [name + ": " + of, value]),
      ),
    );
}
if (found.model && found.model.family === "multinomial") {
  for (const step of [...(found.path || []), ...(found.models || [])]) flatten(step);
  if (found.command === "fit")
    found.model.coefficients = found.model.classes.flatMap((one) =>
      one.coefficients.map((row) => ({ ...row, name: row.name + ": " + one.class })),
    );
}

function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
