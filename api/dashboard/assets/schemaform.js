// A form for a value that a JSON schema describes. What a form cannot show is written as JSON.

import { field, h, select, show, uniqueId } from "./dom.js";
import { parse, parseNumber, same, textOf } from "./json.js";

/**
 * Makes the form of the parameters, with a text of JSON for those who want to write it, for parameters without a schema, and for a value that
 * the fields would change.
 */
export function schemaForm(schema, value) {
  const text = h("textarea", { spellcheck: "false", value: JSON.stringify(value ?? {}, null, 2) });
  const written = { element: field("Parameters (JSON)", text, { wide: true }), read: () => readJSON(text.value, "The parameters") };
  if (kindOf(schema) !== "object" || !schema.properties) return written;

  const note = h("p", { class: "faint", role: "status" });
  const body = h("div", {});
  const toggle = h("button", {
    type: "button",
    click: () => {
      if (current === written) {
        try {
          fill(written.read());
        } catch (error) {
          use(written, error.message);
          text.focus();
        }
      } else {
        text.value = JSON.stringify(current.read(true), null, 2);
        use(written);
      }
    },
  });
  let current;

  function use(form, reason = "") {
    current = form;
    toggle.textContent = form === written ? "Fill in a form" : "Write JSON";
    note.textContent = reason;
    note.hidden = !reason;
    show(body, form.element);
  }

  /** Shows the fields with a value, if they show all of it as it is. */
  function fill(given) {
    const fields = objectFields(schema, given);
    if (given === undefined || same(fields.read(true), given)) use(fields);
    else use(written, "Fields cannot show these parameters without changing them, so they stay JSON.");
  }

  fill(value);
  return {
    element: h("section", { "aria-label": "Parameters" }, h("div", { class: "row" }, h("h2", { class: "grow" }, "Parameters"), toggle), note, body),
    read: () => current.read(),
  };
}

/** The type that a schema wants, null if it is none or several. */
function kindOf(schema) {
  const types = [schema?.type].flat().filter((type) => type && type !== "null");
  return types.length === 1 ? types[0] : null;
}

/** The fields of an object. Without a value they have the schema's defaults. */
function objectFields(schema, value) {
  const members = Object.entries(schema.properties).map(([name, of]) => {
    const given = value === undefined ? of.default : value?.[name];
    return { name, ...control(name, of, given, (schema.required ?? []).includes(name)) };
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

/**
 * The element for one value, and how to read it; undefined stands for a value that is left out. A draft is what was typed so far: what cannot be
 * read is in it as a text, and no error.
 */
function control(name, schema, given, required) {
  const kind = kindOf(schema);
  const hint = schema.description;
  const label = required ? `${name} *` : name;
  if (Array.isArray(schema.enum)) {
    const input = select([["", ""], ...schema.enum.map((one) => [JSON.stringify(one), textOf(one)])], given === undefined ? "" : JSON.stringify(given), { required });
    return { element: field(label, input, { hint }), read: () => (input.value ? parse(input.value) : undefined) };
  }
  if (kind === "boolean") {
    const input = select([["", ""], ["true", "yes"], ["false", "no"]], textOf(given) ?? "", { required });
    return { element: field(label, input, { hint }), read: () => (input.value ? input.value === "true" : undefined) };
  }
  if (kind === "integer" || kind === "number") {
    const [min, max] = [schema.minimum, schema.maximum].map(textOf);
    const input = h("input", { type: "number", step: kind === "integer" ? 1 : "any", min, max, required, value: textOf(given) ?? "" });
    return { element: field(label, input, { hint }), read: () => (input.value === "" ? undefined : parseNumber(input.value)) };
  }
  if (kind === "string") {
    const input = h("input", { maxlength: schema.maxLength, minlength: schema.minLength, required: required && schema.minLength > 0, value: textOf(given) ?? "" });
    return { element: field(label, input, { hint }), read: () => (input.value === "" && !required ? undefined : input.value) };
  }
  if (kind === "array" && ["string", "integer", "number"].includes(kindOf(schema.items))) {
    const input = h("textarea", { required: required && schema.minItems > 0, value: [given ?? []].flat().map(textOf).join("\n"), rows: 3 });
    const numbers = kindOf(schema.items) !== "string";
    const read = (draft) => {
      const lines = input.value.split("\n").map((line) => (numbers ? line.trim() : line)).filter(Boolean);
      const items = numbers ? lines.map((line) => readNumber(line, name, draft)) : lines;
      return items.length || required ? items : undefined;
    };
    return { element: field(label, input, { hint: [hint, "One on each line."].filter(Boolean).join(" ") }), read };
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
      return readJSON(input.value, name);
    } catch (error) {
      if (draft) return input.value;
      throw error;
    }
  };
  return { element: field(`${label} (JSON)`, input, { hint, wide: true }), read };
}

function readNumber(text, name, draft) {
  const number = parseNumber(text);
  if (!Number.isNaN(number)) return number;
  if (draft) return text;
  throw new Error(`${name} has ${JSON.stringify(text)}, which is not a number`);
}

function readJSON(text, name) {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}
