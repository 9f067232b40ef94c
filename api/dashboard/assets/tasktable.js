// A table of tasks, of which single rows can change.

import { h, show } from "./dom.js";
import { badge, linkTo, nameOf, time, took as tookOf } from "./format.js";

const heads = [
  ["Status", "status"], ["Label", "taskLabel"], ["Action", "taskName"], ["Owner", "owner"], ["Queue", "queue"], ["Progress", null],
  ["Enqueued", "createdAt"], ["Updated", "updatedAt"], ["Took", null],
];

export function taskTable({ onSort, onSelect }) {
  const rows = new Map(); // id → { task, element, cells }
  const selected = new Set();
  const body = h("tbody", { role: "rowgroup" });
  const all = h("input", { type: "checkbox", "aria-label": "Select all tasks on this page", change: () => selectAll(all.checked) });
  let order = ["createdAt", "desc"];
  const headers = heads.map(([name, column]) => {
    if (!column) return h("th", { scope: "col", role: "columnheader" }, name);
    const sort = () => onSort(column, order[0] === column && order[1] === "asc" ? "desc" : order[0] === column ? "asc" : column.endsWith("At") ? "desc" : "asc");
    const header = h("th", { scope: "col", role: "columnheader" }, h("button", { type: "button", click: sort }, name));
    header.dataset.column = column;
    return header;
  });
  const empty = h("p", { class: "empty", hidden: true }, "No tasks.");
  const element = h("div", { class: "scroll cards sortable", role: "region", "aria-label": "Tasks", tabindex: "0" },
    h("table", { role: "table" },
      h("caption", { class: "for-readers" }, "Tasks"),
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, h("th", { scope: "col", role: "columnheader" }, all), headers)), body), empty);

  function selectAll(on) {
    for (const { task, box } of rows.values()) {
      box.checked = on;
      if (on) selected.add(task.id);
      else selected.delete(task.id);
    }
    told();
  }

  /** Tells which tasks are selected, and whether those are the whole page. */
  function told() {
    all.checked = rows.size > 0 && [...rows.keys()].every((id) => selected.has(id));
    onSelect([...selected], all.checked);
  }

  function make(task) {
    const box = h("input", {
      type: "checkbox", "aria-label": `Select ${nameOf(task)}`,
      change: () => {
        if (box.checked) selected.add(task.id);
        else selected.delete(task.id);
        told();
      },
    });
    box.checked = selected.has(task.id);
    const cells = heads.map(([name]) => h("td", { role: "cell", "data-name": name }));
    const row = { task, box, cells, element: h("tr", { role: "row" }, h("td", { role: "cell" }, box), cells) };
    rows.set(task.id, row);
    return row;
  }

  function render(row, task) {
    row.task = task;
    const [status, label, action, owner, queue, progress, created, updated, took] = row.cells;
    show(status, badge(task));
    // A link that has the focus keeps it: it is changed, not replaced.
    const link = label.querySelector("a") ?? h("a", { href: linkTo(task.id) });
    show(link, highlighted(task.highlights?.taskLabel?.[0]) ?? nameOf(task));
    if (!link.parentNode) show(label, h("div", {}, link));
    label.firstChild.replaceChildren(link, ...excerpts(task));
    show(action, task.taskName);
    show(owner, task.owner);
    show(queue, task.queue);
    show(progress, task.rawStatus === "running" && task.progress ? [
      h("progress", { max: 100, value: task.progress.percent, "aria-label": `Progress of ${nameOf(task)}` }),
      h("span", { class: "excerpt" }, `${Math.round(task.progress.percent)} % ${task.progress.message}`)] : null);
    show(created, time(task.createdAt));
    show(updated, time(task.updatedAt));
    show(took, tookOf(task));
    label.className = "wide";
    created.className = updated.className = took.className = "time";
  }

  return {
    element,
    tasks: () => [...rows.values()].map(({ task }) => task),
    /** Shows these tasks and no others. */
    fill(tasks) {
      const wanted = new Set(tasks.map(({ id }) => id));
      for (const [id, row] of rows) {
        if (wanted.has(id)) continue;
        row.element.remove();
        rows.delete(id);
      }
      tasks.forEach((task, i) => {
        const row = rows.get(task.id) ?? make(task);
        const old = row.task;
        render(row, old.progress && !task.progress ? { ...task, progress: old.progress } : task);
        if (body.children[i] !== row.element) body.insertBefore(row.element, body.children[i] ?? null);
      });
      empty.hidden = tasks.length > 0;
      all.checked = tasks.length > 0 && tasks.every(({ id }) => selected.has(id));
    },
    /** Shows the task in its row; false if it has none. */
    update(task) {
      const row = rows.get(task.id);
      if (!row) return false;
      const changed = row.task.rawStatus !== task.rawStatus;
      render(row, { ...task, highlights: task.highlights ?? row.task.highlights });
      if (changed) {
        row.element.classList.remove("fresh");
        requestAnimationFrame(() => row.element.classList.add("fresh"));
      }
      return true;
    },
    sorted(column, direction) {
      order = [column, direction];
      for (const header of headers) {
        if (header.dataset.column === column) header.setAttribute("aria-sort", direction === "asc" ? "ascending" : "descending");
        else header.removeAttribute("aria-sort");
      }
    },
    unselect() {
      selected.clear();
      all.checked = false;
      selectAll(false);
    },
  };
}

/** The pieces of a text, those that were searched for marked. */
export function highlighted(pieces) {
  return pieces?.map(({ text, match }) => (match ? h("mark", {}, text) : text));
}

function excerpts(task) {
  return ["report", "parameters"].flatMap((key) => (task.highlights?.[key] ?? []).slice(0, 1).map((pieces) =>
    h("span", { class: "excerpt" }, `${key}: `, highlighted(pieces))));
}
