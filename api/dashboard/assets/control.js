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

/**
 * Asks, then cancels or archives many tasks. The selection is the part of a bulk request that names them, and number how many they are. The
 * server is asked first how many of them can be.
 */
export async function controlMany(verb, selection, number) {
  const path = `api/v1/tasks/${verb}`;
  const force = h("input", { type: "checkbox", change: () => look() });
  const outlook = h("p", { role: "status" });
  const can = verb === "cancel" ? "can be cancelled" : "can be archived";
  async function look() {
    outlook.textContent = "Counting…";
    try {
      const { eligible } = await post(path, { ...selection, force: force.checked, dryRun: true });
      outlook.textContent = eligible >= number ? `All of them ${can}.` : `${count(eligible)} of them ${can}; the others are left as they are.`;
    } catch (error) {
      outlook.textContent = error.message;
    }
  }
  look();
  return ask({
    title: verb === "cancel" ? `Cancel ${count(number)} tasks?` : `Archive ${count(number)} tasks?`, text: outlook,
    fields: [["Tasks in progress too", force]],
    verb: verb === "cancel" ? "Cancel them" : "Archive them", danger: verb === "cancel",
    act: async () => {
      const result = await post(path, { ...selection, force: force.checked });
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
