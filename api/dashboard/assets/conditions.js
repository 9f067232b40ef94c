// The form in which conditions on any column are put together.

import { h, select, show } from "./dom.js";
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
      show(rows, conditions.map(row));
      summary.textContent = conditions.length ? `Conditions (${conditions.length})` : "Conditions";
      if (conditions.length) element.open = true;
      else rows.append(row());
    },
  };
}

function row(condition = { column: "taskName", op: "eq", value: "" }) {
  const value = h("span", { class: "value row" });
  let control;
  const column = select(columns.map(([name, label]) => [name, label]), condition.column, { "aria-label": "Column", change: () => { offer(op.value); choose(""); } });
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
    const properties = { "aria-label": "Value", class: "grow" };
    const text = [old].flat().join(", ");
    if (kind() === "bool" && !list()) control = select(["true", "false"], String(old) === "false" ? "false" : "true", properties);
    else if (kind() === "status" && !list()) control = select(statuses, statuses.includes(old) ? old : "running", properties);
    else if (kind() === "time" && !list()) control = h("input", { ...properties, type: "datetime-local", step: "1", value: local(old) });
    else control = h("input", { ...properties, value: text, placeholder: list() ? "one, another" : "", maxlength: 1000 });
    show(value, control);
  }
  function read() {
    if (list()) return control.value.split(",").map((one) => one.trim()).filter(Boolean);
    if (kind() === "time") return control.value && new Date(control.value).toISOString();
    return kind() === "bool" ? control.value === "true" : control.value;
  }
  offer(condition.op);
  choose(condition.value);
  element.read = () => {
    const given = read();
    return given === "" || given.length === 0 ? null : { column: column.value, op: op.value, value: given };
  };
  return element;
}

/** A time as the field for times wants it: local, without zone. */
function local(value) {
  const date = new Date(value);
  if (!value || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}
