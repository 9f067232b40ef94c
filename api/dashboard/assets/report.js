// A report with the reports inside it.

import { h } from "./dom.js";

const classes = { error: "error-type" };

export function reportTree(report) {
  return h("ul", { class: "tree" }, item(report));
}

function item(report) {
  return h("li", {},
    h("span", { class: `badge ${classes[report.type] ?? report.type}` }, report.type), " ", report.message,
    report.data === null || report.data === undefined ? null : data(report.data),
    report.children.length ? h("ul", {}, report.children.map(item)) : null);
}

function data(value) {
  const line = JSON.stringify(value);
  if (line.length <= 200) return h("div", {}, h("code", {}, line));
  const text = JSON.stringify(value, null, 2);
  return h("details", { open: text.length < 2000 }, h("summary", {}, "Data"), h("pre", { tabindex: "0", role: "region", "aria-label": "Data of the report" }, text));
}
