// The frame of the page: which view the address shows, who is signed in, the theme, and whether the view is live.

import { h, show } from "./dom.js";
import { pause, RETRY } from "./events.js";
import { get } from "./http.js";
import { begin, begun, key, may, onSession, signOut } from "./session.js";
import { startTheme } from "./theme.js";
import charts from "./charts.js";
import enqueue from "./enqueue.js";
import queues from "./queues.js";
import task from "./task.js";
import tasks from "./tasks.js";

const views = new Map(Object.entries({ "": tasks, tasks, queues, charts, enqueue }));
const main = document.getElementById("main");
const live = document.getElementById("live");
let leave = new AbortController();
let shown = null;

/** The view of an address: #/tasks/ID?name=value. Everything that a view shows is in it, so that it can be shared and kept. */
function route(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [name, ...rest] = path.split("/");
  const parameters = new URLSearchParams(query ?? "");
  if (name === "tasks" && rest.length) return { name, view: task, id: decoded(rest.join("/")), parameters };
  return { name: name || "tasks", view: views.get(name), parameters, needs: name === "queues" ? "operator" : "owner" };
}

/** What is encoded; a text that encodes nothing stands for itself. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function open() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  setLive(null);
  const { name, view, id, parameters, needs = "owner" } = route(location.hash);
  for (const link of document.querySelectorAll(".bar nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // A view that is another one begins at its top; a change of its parameters leaves the focus where it is.
  const other = shown !== `${name}/${id}`;
  const again = !other;
  const first = shown === null; // the browser itself begins at the top of the page
  shown = `${name}/${id}`;
  if (other && !first) arrive();
  try {
    if (!begun()) {
      const me = await get("api/v1/me", signal); // which may ask for a key
      begin(key(), me);
    }
    if (signal.aborted) return;
    if (!view) throw new Error("There is no such page.");
    if (!may(needs)) throw new Error(`This page needs the role ${needs}.`);
    await view({ main, id, parameters, signal, setLive, setTitle, again });
  } catch (error) {
    if (signal.aborted) return;
    failed(error);
    if (!error.passing) return;
    setLive(false);
    await pause(RETRY, signal);
    if (!signal.aborted) await open();
  }
}

/** Begins at the top of a new view, for eyes and for screen readers. */
function arrive() {
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

function failed(error) {
  setTitle(error.status === 404 ? "Not found" : "Problem");
  if (main.querySelector(":scope > .error")?.textContent === error.message) return; // it has been said
  show(main, h("h1", {}, error.status === 404 ? "There is no such task" : "This does not work"),
    h("p", { class: "error", role: "alert" }, error.message), h("p", {}, h("a", { href: "#/tasks" }, "All tasks")));
}

function setTitle(title) {
  document.title = title ? `${title} · Task queue` : "Task queue";
}

/** Shows whether the view hears of changes; null for a view that does not follow any. */
function setLive(on) {
  live.classList.toggle("on", on === true);
  const text = on === null ? "" : on ? "Live" : "Connecting…";
  if (live.textContent !== text) live.textContent = text;
}

/** Shows who is signed in, and only what they may see. */
function welcome(me) {
  const who = document.getElementById("who");
  who.hidden = !me.authenticated;
  who.firstChild.textContent = `${me.subject} (${me.role})`;
  for (const link of document.querySelectorAll("[data-needs]")) link.hidden = !may(link.dataset.needs);
}

document.getElementById("skip").addEventListener("click", () => main.focus());
startTheme(document.getElementById("theme"));
document.querySelector("#who button").addEventListener("click", signOut);
onSession(welcome);
addEventListener("hashchange", open);
open();
