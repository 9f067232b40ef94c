// The form in which conditions on any column are put together.

import { h, select, show } from "./dom.js";
import { textOf } from "./json.js";
import { columns, kindOf, operators, statuses } from "./query.js";

/** Makes the form. apply is called with the conditions. */
export function conditionsForm(apply) {
  const rows = h("div", { class: "conditions" });
  const summary = h("summary", {}, "Conditions");
  const element = h("details", { class: "filter" }, summary, h("form", {
    submit: (event) => {
      event.preventDefault();
      apply([...rows.children].map((row) => row.read()).filter(Boolean));
    },
  }, rows, h("div", { class: "row" },
    h("button", { type: "button", click: () => { rows.append(row()); rows.lastChild.querySelector("select").focus(); } }, "Add a condition"),
    h("button", { class: "main" }, "Apply"))));
  return {
    element,
    set(conditions) {
      show(rows, conditions.map((condition) => row(condition)));
      summary.textContent = conditions.length ? `Conditions (${conditions.length})` : "Conditions";
      if (conditions.length) element.open = true;
      else rows.append(row());
    },
  };
}

function row(condition) {
  const value = h("span", { class: "value row" });
  let control;
  let untouched; // the value that the control shows, perhaps less exactly, until somebody changes it
  const offered = columns.map(([name, label]) => [name, label]);
  if (condition && !columns.some(([name]) => name === condition.column)) offered.push(condition.column);
  const column = select(offered, condition?.column ?? "taskName", { "aria-label": "Column", change: () => { offer(op.value); choose(""); } });
  const op = select([], "", { "aria-label": "Operator", change: () => choose(read()) });
  const element = h("div", { class: "condition" }, column, op, value,
    h("button", { type: "button", "aria-label": "Remove this condition", click: () => element.remove() }, "✕"));

  const list = () => op.value === "in" || op.value === "notIn";
  const kind = () => (op.value.toLowerCase().includes("like") ? "text" : kindOf(column.value));
  /** Offers the operators that the column takes. */
  function offer(chosen) {
    const taken = operators[kindOf(column.value)];
    show(op, taken.map(([name, text]) => h("option", { value: name }, text)));
    op.value = taken.some(([name]) => name === chosen) ? chosen : "eq";
  }
  function choose(old) {
    const properties = { "aria-label": "Value", class: "grow", input: () => { untouched = undefined; check(); } };
    if (Array.isArray(old) && !list()) [old = ""] = old;
    untouched = old;
    const text = Array.isArray(old) ? writeList(old) : textOf(old);
    if (kind() === "bool" && !list()) control = select(["true", "false"], ["false", "0"].includes(text) ? "false" : "true", properties);
    else if (kind() === "status" && !list()) control = select(text && !statuses.includes(text) ? [text, ...statuses] : statuses, text || "running", properties);
    else if (kind() === "time" && !list() && (!old || local(old))) control = h("input", { ...properties, type: "datetime-local", step: "1", value: local(old) });
    else control = h("input", { ...properties, value: text, placeholder: list() ? "one, another" : "", maxlength: 1000 });
    if (control.tagName === "SELECT" || Array.isArray(old) !== list()) untouched = undefined;
    check();
    show(value, control);
  }
  function check() {
    control.setCustomValidity(read() === null ? 'What begins with [ must be a list in JSON, as in ["one, two", "three"].' : "");
  }
  /** The value; null if it is not one. */
  function read() {
    if (untouched !== undefined) return untouched;
    if (list()) return readList(control.value);
    if (control.type === "datetime-local") return control.value && new Date(control.value).toISOString();
    return kind() === "bool" ? control.value === "true" : control.value;
  }
  offer(condition?.op);
  choose(condition?.value ?? "");
  element.read = () => {
    const given = read();
    const empty = given === "" || given.length === 0;
    return empty && !(condition && untouched !== undefined) ? null : { column: column.value, op: op.value, value: given };
  };
  return element;
}

/** The values of a list: in JSON if it begins as that does, else with commas between them. */
function readList(text) {
  if (!text.trim().startsWith("[")) return text.split(",").map((one) => one.trim()).filter(Boolean);
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function writeList(values) {
  const text = values.join(", ");
  return JSON.stringify(readList(text)) === JSON.stringify(values) ? text : JSON.stringify(values);
}

/** A time as the field for times wants it: local, without zone. */
function local(value) {
  const date = new Date(typeof value === "number" ? value * 1000 : String(value).replace(/^(\S+) (\S+)$/, "$1T$2Z")); // as the API reads them
  if (!value || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
