// JSON whose integers stay as they are written: those beyond 2^53 are more than a number of JavaScript can hold.

/** Reads JSON. An integer that would be rounded stays a piece of JSON, which JSON.stringify writes as it was. Browsers from before 2025 round it. */
export function parse(json) {
  return JSON.parse(json, (_, value, context) => (rounded(value, context?.source) && JSON.rawJSON ? JSON.rawJSON(context.source) : value));
}

function rounded(value, source) {
  return typeof value === "number" && source && (!Number.isFinite(value) || (/^-?\d+$/.test(source) && !Number.isSafeInteger(value)));
}

/** Reads a number as people type it; NaN if it is none, or too large. */
export function parseNumber(typed) {
  if (/^-?\d+$/.test(typed)) return parse(String(BigInt(typed)));
  return Number.isFinite(Number(typed)) ? Number(typed) : NaN;
}

/** A string as it is, and any other value as JSON; undefined if there is none. */
export const textOf = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Whether two values are the same JSON, in whatever order their members are. */
export const same = (a, b) => sorted(a) === sorted(b);

function sorted(json) {
  const members = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && !JSON.isRawJSON?.(value);
  return JSON.stringify(json, (_, value) => (members(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));
}
