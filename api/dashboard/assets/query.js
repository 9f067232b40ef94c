// What the address of a list says, and the requests that follow from it.

/** The columns that conditions can name, with what people call them and what kind of value they have. */
export const columns = [
  ["status", "Status", "status"], ["taskName", "Action", "text"], ["taskLabel", "Label", "text"], ["owner", "Owner", "text"],
  ["queue", "Queue", "text"], ["category", "Category", "text"], ["id", "Id", "text"], ["parentId", "Parent", "text"],
  ["report", "Report", "text"], ["parameters", "Parameters", "text"], ["createdAt", "Enqueued", "time"], ["updatedAt", "Updated", "time"],
  ["masterStatus", "Master", "bool"],
];

const equal = [["eq", "is"], ["neq", "is not"], ["in", "one of"], ["notIn", "none of"]];
const patterns = [["like", "like (%, _)"], ["notLike", "not like"]];
const texts = [...equal, ...patterns, ["lt", "less than"], ["lte", "at most"], ["gt", "greater than"], ["gte", "at least"]];
const times = [...equal, ["lt", "before"], ["lte", "at or before"], ["gt", "after"], ["gte", "at or after"]];

/** The operators that columns of each kind take, with what people call them. */
export const operators = { text: texts, status: texts, time: times, bool: equal };

/** The kind of a column's values. The API has more names for columns than the form offers; whatever those hold can be written as text. */
export const kindOf = (column) => columns.find(([name]) => name === column)?.[2] ?? "text";

export const statuses = ["enqueued", "running", "child_running", "completed", "failed", "cancelled", "archived"];

/** The statuses that people ask for, with the exact ones that each stands for. */
export const groups = {
  created: ["enqueued"], in_progress: ["dequeued", "running", "child_running"],
  completed: ["completed"], failed: ["failed"], cancelled: ["cancelled"], archived: ["archived"],
};

/** Reads the parameters of an address: text, status, f (conditions as JSON), sortBy, sortOrder, limit, page. */
export function read(parameters) {
  return {
    text: parameters.get("text") ?? "",
    status: parameters.getAll("status").filter((name) => Object.hasOwn(groups, name)),
    conditions: parameters.getAll("f").map(parseCondition),
    sortBy: parameters.get("sortBy") ?? "createdAt",
    sortOrder: parameters.get("sortOrder") ?? "desc",
    limit: [20, 50, 100].includes(Number(parameters.get("limit"))) ? Number(parameters.get("limit")) : 20,
    page: Math.max(1, Math.floor(Number(parameters.get("page"))) || 1),
  };
}

/** Reads a condition, which the API checks. To leave one out that cannot be read would find more than was asked for. */
function parseCondition(text) {
  try {
    const [column, op, value] = JSON.parse(text);
    return { column, op, value };
  } catch {
    throw new Error(`The address has the condition ${text}, which cannot be read.`);
  }
}

/** Writes what read reads; what is as by default is left out. */
export function write(query) {
  const parameters = new URLSearchParams();
  if (query.text) parameters.set("text", query.text);
  for (const name of query.status) parameters.append("status", name);
  for (const { column, op, value } of query.conditions) parameters.append("f", JSON.stringify([column, op, value]));
  if (query.sortBy !== "createdAt" || query.sortOrder !== "desc") {
    parameters.set("sortBy", query.sortBy);
    parameters.set("sortOrder", query.sortOrder);
  }
  if (query.limit !== 20) parameters.set("limit", query.limit);
  if (query.page > 1) parameters.set("page", query.page);
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

export const address = (query, change) => `#/tasks${write({ ...query, page: 1, ...change })}`;

/** What the query looks for, in the form of the API's bodies. */
function wanted({ conditions, status, text }) {
  const filters = conditions.map(({ column, op, value }) => ({ column, op, value }));
  if (status.length) filters.push({ column: "status", op: "in", value: status.flatMap((name) => groups[name]) });
  return text ? { filters, text } : { filters };
}

/** Everything that the query finds now; what is enqueued later is not meant. */
export function matching(query) {
  const now = { column: "createdAt", op: "lte", value: new Date().toISOString() };
  const { filters, ...text } = wanted(query);
  return { filters: [...filters, now], ...text };
}

/** The body of a search for the query. */
export function searchBody(query, cursor) {
  const body = { ...wanted(query), limit: query.limit, sortBy: query.sortBy, sortOrder: query.sortOrder };
  if (cursor) body.cursor = cursor;
  else if (query.page > 1) body.offset = (query.page - 1) * query.limit;
  return body;
}

/** The path of the event stream for the query. */
export function streamPath(query) {
  const { filters, text } = wanted(query);
  const parameters = new URLSearchParams(text ? { text } : {});
  for (const { column, op, value } of filters) parameters.append("filter", `${column} ${op} ${JSON.stringify(value)}`);
  return `api/v1/events?${parameters}`;
}
