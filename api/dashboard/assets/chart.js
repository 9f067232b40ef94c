// Charts as SVG. Each has its numbers as a table as well.

import { h, svg } from "./dom.js";
import { count, duration } from "./format.js";

const WIDTH = 420;
const HEIGHT = 190;
const LEFT = 60;
const BOTTOM = 24;

// Steps of times that people count in, in seconds; below these they are decimal.
const TIMES = [2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** A whole number of steps above the highest value, and the step. */
function scale(highest, format) {
  if (highest <= 0) return { top: 1, step: 1 };
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const enough = (steps) => steps.find((step) => step * 4 >= highest);
  let step = enough([1, 2, 5, 10].map((n) => n * power));
  if (format === duration && highest > 4) step = enough(TIMES) ?? step;
  if (format === count) step = Math.max(1, step);
  return { top: Math.ceil(highest / step) * step, step };
}

function frame(labels, highest, format) {
  const { top, step } = scale(highest, format);
  const y = (value) => (HEIGHT - BOTTOM) * (1 - value / top) + 6;
  const slot = (WIDTH - LEFT) / labels.length;
  const parts = [];
  for (let value = 0; value <= top * 1.0001; value += step) {
    parts.push(svg("line", { class: "grid-line", x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }),
      svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)));
  }
  const every = Math.ceil(labels.length / 5);
  labels.forEach((label, i) => {
    if (i % every === 0) parts.push(svg("text", { x: LEFT + slot * i, y: HEIGHT + 2 }, label));
  });
  return { y, slot, parts };
}

/** Stacked bars. series: [{ name, key, values }]. */
export function bars(title, labels, series, format = String) {
  const sums = labels.map((_, i) => series.reduce((sum, { values }) => sum + values[i], 0));
  const { y, slot, parts } = frame(labels, Math.max(...sums), format);
  labels.forEach((_, i) => {
    let below = 0;
    for (const { key, values } of series) {
      const height = y(below) - y(below + values[i]);
      if (values[i] > 0) {
        parts.push(svg("rect", { class: `bar-${key}`, x: LEFT + slot * i + slot * 0.12, width: slot * 0.76, y: y(below + values[i]), height: Math.max(height, 1) }));
      }
      below += values[i];
    }
  });
  return chart(title, labels, series, parts, format, "bar");
}

/** Lines; a value of null is a gap. */
export function lines(title, labels, series, format = String) {
  const highest = Math.max(0, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  const { y, slot, parts } = frame(labels, highest, format);
  for (const { key, values } of series) {
    let path = "";
    values.forEach((value, i) => {
      if (value === null) return;
      const x = LEFT + slot * (i + 0.5);
      path += `${i > 0 && values[i - 1] !== null ? "L" : "M"}${x.toFixed(1)} ${y(value).toFixed(1)}`;
      parts.push(svg("circle", { class: `dot dot-${key}`, cx: x, cy: y(value), r: 3 }));
    });
    if (path) parts.push(svg("path", { class: `line line-${key}`, d: path }));
  }
  return chart(title, labels, series, parts, format, "line");
}

function chart(title, labels, series, parts, format, kind) {
  const known = (value) => (value === null ? "–" : format(value));
  const sample = (key) => svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    kind === "bar" ? svg("rect", { class: `bar-${key}`, width: 10, height: 10 }) : svg("path", { class: `line line-${key}`, d: "M0 5h10" }));
  return h("section", { class: "sheet chart", "aria-label": title }, h("h2", {}, title),
    h("ul", { class: "legend" }, series.map(({ name, key }) => h("li", {}, sample(key), name))),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 8}`, role: "img", "aria-label": `${title}; the numbers are in the table below` }, parts),
    h("details", {}, h("summary", {}, "Numbers"), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Numbers of ${title}` }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "From"), series.map(({ name }) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, labels.map((label, i) => h("tr", {}, h("th", { scope: "row" }, label), series.map(({ values }) => h("td", { class: "number" }, known(values[i]))))))))));
}
