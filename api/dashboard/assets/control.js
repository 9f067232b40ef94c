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

/** Asks, then cancels or archives many tasks. */
export async function controlMany(verb, ids) {
  const force = h("input", { type: "checkbox" });
  return ask({
    title: verb === "cancel" ? `Cancel ${count(ids.length)} tasks?` : `Archive ${count(ids.length)} tasks?`,
    fields: [["Tasks in progress too", force]],
    verb: verb === "cancel" ? "Cancel them" : "Archive them", danger: verb === "cancel",
    act: async () => {
      const result = await post(`api/v1/tasks/${verb}`, { ids, force: force.checked });
      tell(`${count(result.changed)} changed, ${count(result.skipped)} left as they are, ${count(result.failed)} failed.`);
    },
  });
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
