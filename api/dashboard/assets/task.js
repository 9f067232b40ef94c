// The page of one task.

import { h, show } from "./dom.js";
import { follow, pause } from "./events.js";
import { telling } from "./dialog.js";
import { get, problem, send, settings, taskPath } from "./http.js";
import { canArchive, canCancel, control, rerun } from "./control.js";
import { badge, closed, linkTo, nameOf, time, took } from "./format.js";
import { reportTree } from "./report.js";
import { familyTree } from "./family.js";
import { may } from "./session.js";
import { spans, timeline } from "./timeline.js";

export default async function task({ main, id, signal, setLive, setTitle }) {
  let current = await get(taskPath(id), signal);
  const { temporalUi, namespace } = await settings;
  if (signal.aborted) return;
  let family = { task: current, children: [] };
  let moments = [];
  const part = (name, ...content) => h("section", { class: "sheet", "aria-label": name }, h("h2", {}, name), content);
  const head = h("div", { class: "head" });
  const actions = h("div", { class: "row below" });
  const progress = h("div", {});
  const facts = h("dl", { class: "facts" });
  const report = h("div", {});
  const parameters = h("pre", { tabindex: "0", role: "region", "aria-label": "Parameters" });
  const children = h("div", {});
  const childrenPart = part("Children", children);
  childrenPart.hidden = true; // until there are some
  const events = h("ol", { class: "timeline" });
  const title = h("h1", {});
  const status = h("span", { role: "status" });
  show(main, h("p", {}, h("a", { href: "#/tasks" }, "← Tasks")), head, actions, progress,
    h("div", { class: "pair" }, h("div", {}, part("Report", report), childrenPart, part("Parameters", parameters)),
      h("div", {}, part("About", facts), part("Timeline", events))));
  show(head, title, status);

  const button = (name, act, properties) => h("button", { type: "button", click: act, ...properties }, name);
  const after = (verb) => async () => {
    if (!await control(verb, current)) return;
    await telling(async () => draw(await get(taskPath(id), signal)), signal);
  };
  const buttons = {
    cancel: button("Cancel", after("cancel"), { class: "danger" }),
    archive: button("Archive", after("archive")),
    rerun: button("Run again", () => rerun(current)),
    similar: h("a", { class: "button", href: `#/enqueue?from=${encodeURIComponent(id)}` }, "Enqueue a similar one"),
    file: button("Download the file", () => telling(() => download(id))),
    temporal: temporalUi && may("operator") ? h("a", {
      class: "button", rel: "noreferrer",
      href: `${temporalUi.replace(/\/$/, "")}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(id)}`,
    }, "Open in Temporal") : null,
  };
  show(actions, Object.values(buttons));

  const fact = (name, value) => (value || value === 0 ? [h("dt", {}, name), h("dd", {}, value)] : []);

  /** Shows what happened when, and the facts, of which some follow from that. */
  function drawTimes() {
    const task = current;
    show(events, timeline(moments, family.children));
    const { waited, ran } = spans(moments);
    show(facts, fact("Action", task.taskName), fact("Id", h("span", { class: "id" }, task.id)), fact("Exact status", task.rawStatus),
      fact("Queue", task.queue), fact("Owner", task.owner), fact("Category", task.category),
      fact("Parent", task.parentId ? h("a", { href: linkTo(task.parentId) }, task.parentId) : null),
      fact("Master status", task.masterStatus ? "its own, whatever its children do" : null),
      fact("Attempts", task.attempts), fact("Enqueued", time(task.createdAt)), fact("Updated", time(task.updatedAt)),
      fact("Waited", waited), fact("Ran", ran), fact("Took", took(task)));
  }

  function draw(task) {
    const moved = task.rawStatus !== current.rawStatus || task.attempts !== current.attempts;
    current = task;
    setTitle(nameOf(task));
    title.textContent = nameOf(task);
    show(status, badge(task));
    buttons.cancel.disabled = !canCancel(task);
    buttons.archive.disabled = !canArchive(task);
    buttons.file.hidden = !task.hasFile;
    show(progress, task.progress && !closed(task) ? h("div", { class: "sheet" },
      h("progress", { max: 100, value: task.progress.percent, "aria-label": "Progress" }),
      h("p", {}, `${Math.round(task.progress.percent)} % ${task.progress.message}`)) : null);
    show(report, task.report ? reportTree(task.report) : h("p", { class: "faint" }, "There is none yet."));
    parameters.textContent = "parameters" in task ? JSON.stringify(task.parameters, null, 2) : "(none)";
    drawTimes();
    if (moved) drawMoments().catch(() => {}); // the next look at the family looks at them too
  }

  async function drawMoments() {
    ({ moments } = await get(taskPath(id, "/timeline"), signal));
    drawTimes();
  }

  async function drawFamily() {
    const known = drawMoments();
    family = await get(taskPath(id, "/tree"), signal);
    show(children, familyTree(family.children));
    childrenPart.hidden = !family.children.length;
    await known;
    drawTimes();
  }

  draw(current);
  drawFamily().catch((error) => {
    if (signal.aborted) return;
    show(children, h("p", { class: "error" }, error.message));
    childrenPart.hidden = false;
  });
  followFamily(signal, () => current, drawFamily);
  const onState = (on) => signal.aborted || setLive(on);
  await telling(() => follow(taskPath(id, "/events"), { signal, onState, onEvent: (name, data) => name === "task" && draw(data) }), signal);
  // The children are in the index a moment after the task itself has ended.
  if (!signal.aborted) setLive(null);
  await pause(2000, signal);
  if (!signal.aborted) await drawFamily().catch(() => {});
}

/** Looks for children and for attempts now and then, as long as there may be new ones. */
async function followFamily(signal, task, draw) {
  for (;;) {
    await pause(3000, signal);
    if (signal.aborted || closed(task())) return;
    if (!document.hidden) await draw().catch(() => {});
  }
}

async function download(id) {
  const response = await send(taskPath(id, "/file"));
  if (!response.ok) throw await problem(response);
  const name = fileName(response.headers.get("Content-Disposition") ?? "");
  const url = URL.createObjectURL(await response.blob());
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** Returns the name in a header Content-Disposition, which has names beyond ASCII percent-encoded (RFC 6266). */
function fileName(disposition) {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1];
  if (encoded) return decodeURIComponent(encoded);
  return /filename="?([^";]+)"?/.exec(disposition)?.[1] ?? "file";
}
