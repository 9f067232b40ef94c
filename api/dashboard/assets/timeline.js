// What has happened to a task, as far as the task log tells: it keeps the first and the last time, not those between.

import { h } from "./dom.js";
import { closed, exact, linkTo, nameOf, took } from "./format.js";

const says = {
  enqueued: "Waits in its queue", running: "A worker runs it", child_running: "Has run; waits for its children",
  completed: "Completed", failed: "Failed", cancelled: "Cancelled", archived: "Archived", unknown: "Ended in an unknown way",
};

export function timeline(task, children) {
  const events = [{ at: task.createdAt, order: 0, text: ["Enqueued", task.queue ? ` to ${task.queue}` : "", task.owner ? ` for ${task.owner}` : ""] }];
  for (const { task: child } of children) {
    const link = () => h("a", { href: linkTo(child.id) }, nameOf(child));
    events.push({ at: child.createdAt, order: 1, text: ["Child enqueued: ", link()] });
    if (closed(child)) events.push({ at: child.updatedAt, order: 2, text: [`Child ${child.statusLabel.toLowerCase()}: `, link()] });
  }
  if (task.attempts > 1) events.push({ at: task.updatedAt, order: 3, text: [`Started ${task.attempts} times`] });
  const status = says[task.rawStatus] ?? task.statusLabel;
  const doing = task.progress && !closed(task) ? `: ${task.progress.message}` : "";
  events.push({ at: task.updatedAt, order: 4, text: [status, took(task) ? `, ${took(task)} after it was enqueued` : "", doing] });
  events.sort((a, b) => a.at - b.at || a.order - b.order);
  return events.map(({ at, text }) => h("li", {}, h("div", {}, text), h("time", { class: "faint", datetime: new Date(at * 1000).toISOString() }, exact(at * 1000))));
}
