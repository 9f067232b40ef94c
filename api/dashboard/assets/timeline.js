// What has happened to a task, and how long it waited and ran.

import { h } from "./dom.js";
import { closed, duration, exact, linkTo, nameOf } from "./format.js";

const says = {
  enqueued: "Enqueued", ready: "Ready: waits for a worker", started: "A worker began to run it", retrying: "Will be tried again",
  handedBack: "Will be offered again", returned: "The action ended", cancelRequested: "Somebody asked that it be cancelled",
  completed: "Completed", failed: "Failed", cancelled: "Cancelled", archived: "Archived", unknown: "Ended in an unknown way",
};

/** The items of the list: the task's own moments, and when its children were enqueued and ended. */
export function timeline(moments, children) {
  const items = moments.map(({ at, kind, worker, detail }, i) => ({
    at: new Date(at),
    kind: kind in says ? kind : "unknown",
    text: [says[kind] ?? kind, i > 0 ? h("span", { class: "faint" }, ` after ${between(moments[i - 1], moments[i])}`) : null],
    notes: [worker ? `worker ${worker}` : null, detail ? (kind === "started" ? `the attempt before: ${detail}` : detail) : null].filter(Boolean),
  }));
  for (const { task: child } of children) {
    const link = () => h("a", { href: linkTo(child.id) }, nameOf(child));
    items.push({ at: new Date(child.createdAt * 1000), kind: "child", text: ["Child enqueued: ", link()], notes: [] });
    if (closed(child)) items.push({ at: new Date(child.updatedAt * 1000), kind: "child", text: [`Child ${child.statusLabel.toLowerCase()}: `, link()], notes: [] });
  }
  items.sort((a, b) => a.at - b.at);
  return items.map(({ at, kind, text, notes }) => h("li", { class: kind }, h("div", {}, text), notes.map((note) => h("div", { class: "faint" }, note)),
    h("time", { class: "faint", datetime: at.toISOString() }, exact(at))));
}

const between = (a, b) => duration(Math.max(0, (new Date(b.at) - new Date(a.at)) / 1000));

/** How long the task waited for a worker, and how long its action ran, as far as the moments tell. */
export function spans(moments) {
  const last = (kind) => moments.findLast((moment) => moment.kind === kind);
  const [ready, started, returned] = ["ready", "started", "returned"].map(last);
  return { waited: ready && started ? between(ready, started) : null, ran: started && returned ? between(started, returned) : null };
}
