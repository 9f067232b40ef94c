// What can be done to tasks: cancel, archive, run again.

import { h } from "./dom.js";
import { ask, tell } from "./dialog.js";
import { post, taskPath } from "./http.js";
import { closed, count, linkTo, nameOf } from "./format.js";

const running = (task) => task.status === "in_progress";

/** Asks, then cancels or archives one task. Returns whether that was done. */
export async function control(verb, task) {
  const force = h("input", { type: "checkbox" });
  return ask({
    title: verb === "cancel" ? "Cancel this task?" : "Archive this task?",
    text: `${nameOf(task)} (${task.statusLabel})`,
    fields: running(task) ? [["It is in progress: end it all the same", force]] : [],
    verb: verb === "cancel" ? "Cancel the task" : "Archive the task", danger: verb === "cancel",
    act: async () => {
      const answer = await post(taskPath(task.id, `/${verb}`), { force: force.checked });
      const past = verb === "cancel" ? "cancelled" : "archived";
      tell(answer.changed ? (answer.task.status === past ? `The task is ${past}.` : "The task has been asked to end.") : "There was nothing to do.");
    },
  });
}

// How many of all tasks that match are done in one request: the user waits so long for news, and for the end after a stop.
const PART = 100;

/**
 * Asks, then cancels or archives many tasks. The selection is the part of a bulk request that names them, and number how many they are. The
 * server is asked first how many of them can be. Returns whether anything was done.
 */
export async function controlMany(verb, selection, number) {
  const path = `api/v1/tasks/${verb}`;
  const force = h("input", { type: "checkbox", change: () => look() });
  const outlook = h("p", { role: "status" });
  const bar = h("progress", { "aria-label": "Progress", hidden: true });
  const can = verb === "cancel" ? "can be cancelled" : "can be archived";
  const sum = { changed: 0, skipped: 0, refused: 0, failed: 0 };
  let reason = ""; // why the first of those failed
  let cursor;
  let begun = false;
  let stopped = false;

  async function look() {
    let text = "Counting…";
    outlook.textContent = text;
    try {
      const { eligible } = await post(path, { ...selection, force: force.checked, dryRun: true });
      text = eligible >= number ? `All of them ${can}.` : `${count(eligible)} of them ${can}; the others are left as they are.`;
    } catch (error) {
      text = error.message;
    }
    if (!begun) outlook.textContent = text;
  }

  /** Adds what a request has done, and shows how far it is. */
  function add(result) {
    for (const name of Object.keys(sum)) sum[name] += result[name];
    reason ||= result.failures[0]?.reason ?? "";
    cursor = result.next;
    const done = sum.changed + sum.failed + sum.skipped - sum.refused;
    const all = done + (result.remaining ?? 0);
    outlook.textContent = `${count(done)} of ${count(all)}`;
    bar.max = all || 1;
    bar.value = done;
  }

  const said = () => `${count(sum.changed)} changed, ${count(sum.skipped)} left as they are, ${count(sum.failed)} failed.`;

  async function act() {
    begun = force.disabled = true;
    stopped = bar.hidden = false;
    if (!cursor) for (const name of Object.keys(sum)) sum[name] = 0;
    try {
      do {
        add(await post(path, { ...selection, force: force.checked, ...(selection.ids ? {} : { limit: PART, cursor }) }));
      } while (cursor && !stopped);
    } catch (error) {
      if (error.result) add(error.result);
      throw sum.changed + sum.skipped + sum.failed ? new Error(`${said()} ${error.message}`) : error;
    }
    if (sum.failed) throw new Error(`${said()} The first of them: ${reason}`);
    tell(cursor ? `Stopped: ${said()}` : said());
  }

  look();
  const done = await ask({
    title: verb === "cancel" ? `Cancel ${count(number)} tasks?` : `Archive ${count(number)} tasks?`, text: h("div", {}, outlook, bar),
    fields: [["Tasks in progress too", force]],
    verb: verb === "cancel" ? "Cancel them" : "Archive them", danger: verb === "cancel",
    act, stop: () => { stopped = true; },
  });
  return done || begun;
}

/** Enqueues a task like this one, and goes there. */
export async function rerun(task) {
  await ask({
    title: "Run this task again?", text: `A new task like ${nameOf(task)} is enqueued.`, verb: "Run again",
    act: async () => {
      const created = await post(taskPath(task.id, "/rerun"));
      tell("The new task is enqueued.");
      location.hash = linkTo(created.id);
    },
  });
}

export const canCancel = (task) => !closed(task);
export const canArchive = (task) => task.status !== "archived";
