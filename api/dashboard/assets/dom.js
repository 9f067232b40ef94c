// Elements made without parsing HTML: every text becomes a text node, so nothing that a task says is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. Properties that are functions listen to the event of that name; those that are null or false are left out. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an element of SVG. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (name === "value") element.value = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

let ids = 0;

/** Returns an id that no element has yet. */
export function uniqueId() {
  return `part-${++ids}`;
}

/** Makes a labelled field around a control. */
export function field(label, control, { hint, wide } = {}) {
  control.id ||= uniqueId();
  const note = hint ? h("span", { class: "faint", id: `${control.id}-hint` }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return h("div", { class: wide ? "field wide" : "field" }, h("label", { for: control.id }, label), control, note);
}

/** Makes a select; options are texts, or pairs of value and text. */
export function select(options, value, properties) {
  const element = h("select", properties, options.map((option) => {
    const [key, text] = Array.isArray(option) ? option : [option, option];
    return h("option", { value: key }, text);
  }));
  if (value !== undefined && value !== null) element.value = value;
  return element;
}

/** Puts these children in place of an element's own. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

const lasting = "summary, [tabindex]";

/** Puts another element in an element's place, but keeps what has the focus, is open or is scrolled, if both have the same parts. */
export function become(element, next) {
  const keep = element.matches(lasting) || element.querySelector(lasting);
  if (!keep || element.tagName !== next.tagName || element.childElementCount !== next.childElementCount) return element.replaceWith(next);
  const parts = [...next.children];
  [...element.children].forEach((child, i) => become(child, parts[i]));
}
