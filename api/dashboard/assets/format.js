// Times, numbers and names as people read them.

import { h } from "./dom.js";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const number = new Intl.NumberFormat();

export const count = (n) => number.format(n);

/** A duration in seconds: "850 ms", "12 s", "3 min 5 s", "2 h 10 min", "4 d 3 h". */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const pair = (big, unit, small, rest) => (small ? `${big} ${unit} ${small} ${rest}` : `${big} ${unit}`);
  if (s < 3600) return pair(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return pair(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** How long ago it was, coarsely. */
export function ago(date) {
  const seconds = Math.max(0, (Date.now() - date) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

export const exact = (date) => moment.format(date);

/** An element with a time, from a Date or seconds since 1970. It says how long ago that was, and on hover when exactly. */
export function time(at) {
  const date = at instanceof Date ? at : new Date(at * 1000);
  return h("time", { datetime: date.toISOString(), title: exact(date), "data-ago": true }, ago(date));
}

// The relative times of the whole page grow old together.
setInterval(() => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const text = ago(new Date(element.dateTime));
    if (element.textContent !== text) element.textContent = text;
  }
}, 5000);

/** The badge of a task's status. */
export function badge(task) {
  return h("span", { class: `badge ${task.status}`, title: task.rawStatus }, task.rawStatus === "child_running" ? "Waits for children" : task.statusLabel);
}

/** What a task is called. */
export const nameOf = (task) => task.taskLabel || task.taskName || task.id;

export const linkTo = (id) => `#/tasks/${encodeURIComponent(id)}`;

/** How long a task took that has ended, as exactly as the log tells: in whole seconds. */
export function took(task) {
  if (!closed(task) || task.status === "archived") return null;
  const seconds = task.updatedAt - task.createdAt;
  return seconds < 1 ? "under 1 s" : duration(seconds);
}

export const closed = (task) => ["completed", "failed", "archived", "cancelled"].includes(task.status);
