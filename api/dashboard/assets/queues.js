// The queues, and the workers that serve them.

import { h, show } from "./dom.js";
import { ask, telling } from "./dialog.js";
import { pause } from "./events.js";
import { get, post } from "./http.js";
import { count, duration, time } from "./format.js";
import { address } from "./query.js";
import { may } from "./session.js";

// An idle worker asks for tasks once a minute.
const ALIVE = 90_000;

export default async function queues({ main, signal, setTitle, setLive }) {
  setTitle("Queues");
  const rows = new Map();
  const problem = h("p", { class: "error", role: "alert", hidden: true });
  const body = h("tbody", { role: "rowgroup" });
  const workers = h("tbody", { role: "rowgroup" });
  const none = h("p", { class: "empty", hidden: true }, "No worker is alive. Start one with ", h("code", {}, "go run ./cmd/worker"), ".");
  const heads = ["Queue", "State", "Waiting", "Oldest", "In", "Out", "Weight", "Workers", "Actions", ""];
  const numbers = new Set([2, 3, 4, 5, 6, 7]);
  show(main, h("div", { class: "head" }, h("h1", {}, "Queues")), problem, table("Queues", heads, body, numbers),
    h("h2", { class: "apart" }, "Workers"), table("Workers", ["Worker", "Queues", "Last asked for a task"], workers), none);

  async function load() {
    const { queues: all } = await get("api/v1/queues", signal);
    const total = all.reduce((sum, { weight }) => sum + weight, 0);
    for (const [name, row] of rows) if (!all.some((queue) => queue.name === name)) { row.element.remove(); rows.delete(name); }
    for (const queue of all) {
      const row = rows.get(queue.name) ?? make(queue.name);
      const cells = [
        [h("a", { href: address({ text: "", status: [], conditions: [], sortBy: "createdAt", sortOrder: "desc", limit: 20 }, { conditions: [{ column: "queue", op: "eq", value: queue.name }] }) }, queue.name),
          queue.default ? h("span", { class: "excerpt" }, "default") : null],
        [h("span", { class: `badge ${queue.paused ? "paused" : "completed"}` }, queue.paused ? "Paused" : "Open"), queue.pauseReason ? h("span", { class: "excerpt" }, queue.pauseReason) : null,
          queue.error ? h("span", { class: "error" }, `The store does not answer: ${queue.error}`) : null],
        [queue.error ? `${count(queue.waiting)} + ?` : count(queue.waiting), queue.stored ? h("span", { class: "excerpt" }, `${count(queue.stored)} stored`) : null,
          queue.rejected ? h("span", { class: "excerpt" }, `${count(queue.rejected)} rejected`) : null], [queue.oldestSeconds >= 1 ? duration(queue.oldestSeconds) : "–"],
        [rate(queue.addedPerSecond)], [rate(queue.startedPerSecond)],
        [String(queue.weight), h("span", { class: "excerpt" }, `${Math.round((100 * queue.weight) / total)} %`)],
        [count(alive(queue).length)], [queue.associations.join(", ")],
      ];
      cells.forEach((content, i) => {
        if (row.cells[i].contains(document.activeElement)) return; // whoever stands there with the keyboard is not thrown out
        show(row.cells[i], content);
      });
      row.queue = queue;
      row.button.textContent = queue.paused ? "Resume" : "Pause";
      row.button.setAttribute("aria-label", `${queue.paused ? "Resume" : "Pause"} the queue ${queue.name}`);
    }
    showWorkers(all);
  }

  function make(name) {
    const row = { queue: null };
    row.button = h("button", { type: "button", hidden: !may("admin"), click: () => telling(async () => { if (await toggle(row.queue)) await load(); }, signal) });
    row.cells = heads.slice(0, -1).map((head, i) => h("td", { role: "cell", "data-name": head, class: numbers.has(i) ? "number" : null }));
    row.element = h("tr", { role: "row" }, row.cells, h("td", { role: "cell" }, row.button));
    rows.set(name, row);
    body.append(row.element);
    return row;
  }

  function showWorkers(all) {
    const found = new Map();
    for (const queue of all) {
      for (const worker of alive(queue)) {
        const known = found.get(worker.identity) ?? { queues: [], at: 0 };
        found.set(worker.identity, { queues: [...known.queues, queue.name], at: Math.max(known.at, new Date(worker.lastSeenAt)) });
      }
    }
    show(workers, [...found].map(([identity, { queues: served, at }]) => h("tr", { role: "row" },
      h("td", { role: "cell", "data-name": "Worker" }, h("span", { class: "id" }, identity)), h("td", { role: "cell", "data-name": "Queues" }, served.join(", ")),
      h("td", { role: "cell", "data-name": "Last asked" }, time(new Date(at))))));
    none.hidden = found.size > 0;
  }

  for (;;) {
    if (!document.hidden) {
      try {
        await load();
        problem.hidden = true;
        setLive(true);
      } catch (error) {
        if (signal.aborted) return;
        setLive(false);
        problem.textContent = error.message;
        problem.hidden = false;
      }
    }
    await pause(2000, signal);
    if (signal.aborted) return;
  }
}

const alive = (queue) => queue.workers.filter(({ lastSeenAt }) => Date.now() - new Date(lastSeenAt) < ALIVE);
const rate = (perSecond) => `${perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond)}/s`;

async function toggle(queue) {
  const path = `api/v1/queues/${encodeURIComponent(queue.name)}`;
  if (queue.paused) {
    await post(`${path}/resume`);
    return true;
  }
  const reason = h("input", { maxlength: 200 });
  return ask({
    title: `Pause the queue ${queue.name}?`, text: "No worker gets its tasks any more. What runs goes on, and tasks can be enqueued.",
    fields: [["Reason, for people", reason]], verb: "Pause", act: () => post(`${path}/pause`, { reason: reason.value }),
  });
}

function table(name, heads, body, numbers = new Set()) {
  return h("div", { class: "scroll cards", role: "region", "aria-label": name, tabindex: "0" }, h("table", { role: "table" },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads.map((head, i) => (head
      ? h("th", { scope: "col", role: "columnheader", class: numbers.has(i) ? "number" : null }, head)
      : h("td", { role: "cell" }))))), body));
}
