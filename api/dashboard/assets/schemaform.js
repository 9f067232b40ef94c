// A form for a value that a JSON schema describes. What a form cannot show is written as JSON.

import { field, h, select, show, uniqueId } from "./dom.js";

/** Makes the form of the parameters, with a text of JSON for those who want to write it. Without a schema there is only the text. */
export function schemaForm(schema, value) {
  const text = h("textarea", { spellcheck: "false", value: JSON.stringify(value ?? {}, null, 2) });
  const written = { element: field("Parameters (JSON)", text, { wide: true }), read: () => parse(text.value, "The parameters") };
  if (kindOf(schema) !== "object" || !schema.properties) return written;

  let fields = objectFields(schema, value ?? {});
  let current = fields;
  const body = h("div", {}, fields.element);
  const toggle = h("button", {
    type: "button",
    click: () => {
      if (current === written) {
        try {
          fields = objectFields(schema, written.read());
        } catch {
          text.focus();
          return;
        }
        current = fields;
      } else {
        text.value = JSON.stringify(current.read(true), null, 2);
        current = written;
      }
      toggle.textContent = current === written ? "Fill in a form" : "Write JSON";
      show(body, current.element);
    },
  }, "Write JSON");
  return {
    element: h("section", { "aria-label": "Parameters" }, h("div", { class: "row" }, h("h2", { class: "grow" }, "Parameters"), toggle), body),
    read: () => current.read(),
  };
}

/** The type that a schema wants, null if it is none or several. */
function kindOf(schema) {
  const types = [schema?.type].flat().filter((type) => type && type !== "null");
  return types.length === 1 ? types[0] : null;
}

function objectFields(schema, value) {
  const members = Object.entries(schema.properties).map(([name, of]) => {
    const required = (schema.required ?? []).includes(name);
    return { name, required, ...control(name, of, value?.[name], required) };
  });
  return {
    element: h("div", { class: "fields" }, members.map(({ element }) => element)),
    read(draft) {
      const read = {};
      for (const { name, read: readOne } of members) {
        const one = readOne(draft);
        if (one !== undefined) read[name] = one;
      }
      return read;
    },
  };
}

/** The element for one value, and how to read it; undefined stands for a value that is left out. */
function control(name, schema, value, required) {
  const kind = kindOf(schema);
  const hint = schema.description;
  const label = required ? `${name} *` : name;
  const given = value ?? schema.default;
  if (Array.isArray(schema.enum)) {
    const input = select([["", ""], ...schema.enum.map((one) => [JSON.stringify(one), String(one)])], given === undefined ? "" : JSON.stringify(given), { required });
    return { element: field(label, input, { hint }), read: () => (input.value ? JSON.parse(input.value) : undefined) };
  }
  if (kind === "boolean") {
    const input = select([["", ""], ["true", "yes"], ["false", "no"]], given === undefined ? "" : String(given), { required });
    return { element: field(label, input, { hint }), read: () => (input.value ? input.value === "true" : undefined) };
  }
  if (kind === "integer" || kind === "number") {
    const input = h("input", { type: "number", step: kind === "integer" ? 1 : "any", min: schema.minimum, max: schema.maximum, required, value: given ?? "" });
    return { element: field(label, input, { hint }), read: () => (input.value === "" ? undefined : Number(input.value)) };
  }
  if (kind === "string") {
    const input = h("input", { maxlength: schema.maxLength, minlength: schema.minLength, required: required && schema.minLength > 0, value: given ?? "" });
    return { element: field(label, input, { hint }), read: () => (input.value === "" && !required ? undefined : input.value) };
  }
  if (kind === "array" && ["string", "integer", "number"].includes(kindOf(schema.items))) {
    const numbers = kindOf(schema.items) !== "string";
    const input = h("textarea", { required: required && schema.minItems > 0, value: (given ?? []).join("\n"), rows: 3 });
    const read = () => input.value.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => (numbers ? Number(line) : line));
    return { element: field(label, input, { hint: [hint, "One on each line."].filter(Boolean).join(" ") }), read: () => (read().length || required ? read() : undefined) };
  }
  if (kind === "object" && schema.properties) {
    const inner = objectFields(schema, given);
    const id = uniqueId();
    const read = (draft) => {
      const object = inner.read(draft);
      return Object.keys(object).length || required ? object : undefined;
    };
    return { element: h("fieldset", { class: "nested", "aria-describedby": hint ? id : null }, h("legend", {}, label), hint ? h("p", { class: "faint", id }, hint) : null, inner.element), read };
  }
  const input = h("textarea", { spellcheck: "false", required, rows: 3, value: given === undefined ? "" : JSON.stringify(given, null, 2) });
  const read = (draft) => {
    if (!input.value.trim()) return undefined;
    try {
      return parse(input.value, name);
    } catch (error) {
      if (draft) return input.value;
      throw error;
    }
  };
  return { element: field(`${label} (JSON)`, input, { hint, wide: true }), read };
}

function parse(text, name) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}
