// Views of the list: some that everybody has, and those that the user has saved in this browser. A view is an address, so it can be sent to others.

import { h, show } from "./dom.js";
import { ask } from "./dialog.js";
import { kept } from "./kept.js";
import { address, write } from "./query.js";

const store = kept("localStorage", "taskqueue.views");
const plain = { text: "", status: [], conditions: [], sortBy: "createdAt", sortOrder: "desc", limit: 20, page: 1 };
const common = [
  ["All", []], ["Waiting", ["created"]], ["In progress", ["in_progress"]], ["Completed", ["completed"]], ["Failed", ["failed"]],
  ["Cancelled", ["cancelled"]], ["Archived", ["archived"]],
].map(([name, status]) => ({ name, hash: address({ ...plain, status }) }));

function saved() {
  try {
    return JSON.parse(store.get()) ?? [];
  } catch {
    return [];
  }
}

/** Makes the list of views. */
export function viewList() {
  const element = h("ul", { class: "chips", "aria-label": "Views" });
  function update(query) {
    const hash = `#/tasks${write({ ...query, page: 1 })}`;
    const link = (view) => h("a", { href: view.hash, "aria-current": view.hash === hash ? "true" : null }, view.name);
    const forget = (view) => {
      store.set(JSON.stringify(saved().filter(({ name }) => name !== view.name)));
      update(query);
    };
    const known = [...common, ...saved()].some((view) => view.hash === hash);
    const focused = element.contains(document.activeElement) ? document.activeElement.textContent : null;
    show(element, common.map((view) => h("li", {}, link(view))),
      saved().map((view) => h("li", { class: "saved" }, link(view),
        h("button", { type: "button", "aria-label": `Forget the view ${view.name}`, click: () => forget(view) }, "✕"))),
      known ? null : h("li", {}, h("button", { type: "button", click: () => save(hash).then(() => update(query)) }, "Save this view")));
    [...element.querySelectorAll("a, button")].find((one) => one.textContent === focused)?.focus();
  }
  return { element, update };
}

function save(hash) {
  const name = h("input", { required: true, maxlength: 60 });
  return ask({
    title: "Save this view", text: "It is kept in this browser. Its address can be sent to others.", fields: [["Name", name]], verb: "Save",
    act: () => store.set(JSON.stringify([...saved().filter((view) => view.name !== name.value), { name: name.value, hash }])),
  });
}
