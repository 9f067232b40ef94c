// The list of tasks.

import { h, select, show } from "./dom.js";
import { conditionsForm } from "./conditions.js";
import { telling } from "./dialog.js";
import { follow, pause } from "./events.js";
import { get, post, taskPath } from "./http.js";
import { controlMany } from "./control.js";
import { count } from "./format.js";
import { address, matching, read, searchBody, streamPath, write } from "./query.js";
import { taskTable } from "./tasktable.js";
import { viewList } from "./views.js";

// A list that changes all the time is not read anew more often than this.
const PAUSE = 1500;

let list = null;

export default async function tasks(context) {
  if (!context.again || !list) list = build();
  show(context.main, list.element);
  context.setTitle("Tasks");
  await list.open(context);
}

function build() {
  let query;
  const cursors = new Map(); // where pages begin, by their address
  const views = viewList();
  const go = (change) => { location.hash = address(query, change); };
  const text = h("input", { type: "search", class: "grow", "aria-label": "Full text", placeholder: "Words in label, report or parameters; import* finds all that begin so", maxlength: 1000 });
  const conditions = conditionsForm((chosen) => go({ conditions: chosen }));
  const search = h("form", { class: "row", role: "search", submit: (event) => { event.preventDefault(); go({ text: text.value.trim() }); } },
    text, h("button", { class: "main" }, "Search"));
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const bulk = h("div", { class: "row below", hidden: true });
  const table = taskTable({ onSort: (sortBy, sortOrder) => go({ sortBy, sortOrder }), onSelect: (ids, page) => showBulk(ids, page) });
  let total = 0;
  const position = h("span", { role: "status" });
  const previous = h("button", { type: "button", click: () => go({ page: query.page - 1 }) }, "Previous");
  const next = h("button", { type: "button", click: () => go({ page: query.page + 1 }) }, "Next");
  const limit = select([["20", "20 a page"], ["50", "50 a page"], ["100", "100 a page"]], "20",
    { "aria-label": "Tasks on a page", change: () => go({ limit: Number(limit.value) }) });
  const element = h("div", {},
    h("div", { class: "head" }, h("h1", {}, "Tasks"), h("a", { class: "button", href: "#/enqueue" }, "Enqueue a task")),
    views.element, h("div", { class: "sheet" }, search, conditions.element), problem, bulk, table.element,
    h("div", { class: "pager" }, position, h("div", { class: "row" }, limit, previous, next)));
  let load = async () => {};

  /** Offers what can be done to the selected tasks; everything that matches can be selected when the whole page is. */
  function showBulk(ids, page, everything = null) {
    bulk.hidden = ids.length === 0;
    const number = everything ? total : ids.length;
    const act = (verb) => async () => {
      if (await controlMany(verb, everything ?? { ids }, number)) { table.unselect(); await load(); }
    };
    const all = page && total > ids.length && !everything
      ? h("button", { type: "button", click: () => { showBulk(ids, page, matching(query)); bulk.querySelector("button").focus(); } }, `Select all ${count(total)} that match`) : null;
    show(bulk, h("strong", { role: "status" }, everything ? `All ${count(total)} that match are selected` : `${count(ids.length)} selected`), all,
      h("button", { type: "button", class: "danger", click: act("cancel") }, "Cancel"),
      h("button", { type: "button", click: act("archive") }, "Archive"),
      h("button", { type: "button", click: () => table.unselect() }, "Select none"));
  }

  async function open({ parameters, signal, setLive, again }) {
    const before = query && address(query);
    query = read(parameters);
    views.update(query);
    text.value = query.text;
    conditions.set(query.conditions);
    limit.value = String(query.limit);
    table.sorted(query.sortBy, query.sortOrder);
    if (!again || address(query) !== before) table.unselect(); // what is not seen any more must not be hit

    load = async () => {
      try {
        const page = await post("api/v1/tasks/search", searchBody(query, cursors.get(write(query))), signal);
        if (page.next) cursors.set(write({ ...query, page: query.page + 1 }), page.next);
        total = page.total;
        table.fill(page.tasks);
        const first = (query.page - 1) * query.limit + 1;
        position.textContent = page.tasks.length
          ? `${count(first)}–${count(first + page.tasks.length - 1)} of ${count(page.total)}` : `${count(page.total)} tasks`;
        previous.disabled = query.page === 1;
        next.disabled = !page.next || first + page.tasks.length > page.total;
        problem.hidden = true;
      } catch (error) {
        if (signal.aborted) return;
        problem.textContent = error.message;
        problem.hidden = false;
      }
    };
    await load();
    followChanges(signal, setLive, () => load());
    followProgress(signal);
  }

  /** Shows what changes: rows that are there at once, and the list anew when tasks come or go. */
  function followChanges(signal, setLive, reload) {
    let waiting = false;
    const soon = async () => {
      if (waiting) return;
      waiting = true;
      await pause(PAUSE, signal);
      waiting = false;
      if (!signal.aborted) await reload();
    };
    let first = true;
    telling(() => follow(streamPath(query), {
      signal, onState: (on) => { first ||= !on; if (!signal.aborted) setLive(on); },
      onEvent: (name, change) => {
        if (name !== "tasks") return;
        if (first) { first = false; soon(); } // it does not tell what changed between the list and the stream
        const strange = change.tasks.filter((task) => !table.update(task));
        const moved = query.sortBy !== "createdAt" && change.tasks.length;
        if (change.more || change.gone.length || strange.length || moved) soon();
      },
    }), signal).then(() => signal.aborted || setLive(null));
  }

  /** Lists do not have the progress of running tasks, so it is asked for one by one, for a few of them. */
  async function followProgress(signal) {
    while (!signal.aborted) {
      if (!document.hidden) {
        const running = table.tasks().filter((task) => task.rawStatus === "running").slice(0, 10);
        await Promise.all(running.map(({ id }) => get(taskPath(id), signal).then(table.update, () => {})));
      }
      await pause(2000, signal);
    }
  }

  return { element, open };
}
