// How much was done, how long it took and what failed.

import { h, select, show } from "./dom.js";
import { pause } from "./events.js";
import { get } from "./http.js";
import { bars, lines } from "./chart.js";
import { count, duration } from "./format.js";

const MINUTE = 60_000;
const ranges = {
  hour: { name: "the last hour", step: 5 * MINUTE, steps: 12 },
  day: { name: "the last 24 hours", step: 60 * MINUTE, steps: 24 },
  week: { name: "the last 7 days", step: 6 * 60 * MINUTE, steps: 28 },
};
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit" });

export default async function charts({ main, parameters, signal, setTitle, setLive }) {
  setTitle("Charts");
  const chosen = ranges[parameters.get("range")] ? parameters.get("range") : "hour";
  const range = ranges[chosen];
  const choice = select(Object.entries(ranges).map(([key, { name }]) => [key, name]), chosen,
    { "aria-label": "Time", change: () => { location.hash = `#/charts?range=${choice.value}`; } });
  const place = h("div", {}, h("p", { class: "faint" }, "Counting…"));
  show(main, h("div", { class: "head" }, h("h1", {}, "Charts"), choice), place);
  const buckets = new Map(); // by their begin
  for (;;) {
    if (!document.hidden) {
      try {
        await draw(place, range, buckets, signal);
        setLive(true);
      } catch (error) {
        if (signal.aborted) return;
        setLive(false);
        show(place, h("p", { class: "error", role: "alert" }, error.message));
      }
    }
    await pause(10_000, signal);
    if (signal.aborted) return;
  }
}

async function draw(place, { step, steps }, buckets, signal) {
  const end = Math.floor(Date.now() / step) * step;
  const begins = Array.from({ length: steps }, (_, i) => end - (steps - 1 - i) * step);
  // Tasks of the past change rarely, so only what is new, still open or recent is counted again.
  const stale = begins.filter((begin) => begin >= end - step || !buckets.has(begin) || buckets.get(begin).open > 0);
  for (let i = 0; i < stale.length; i += 4) {
    await Promise.all(stale.slice(i, i + 4).map(async (begin) => buckets.set(begin, await bucket(begin, step, signal))));
  }
  const [actions, { queues }] = await Promise.all([
    get(`api/v1/stats/groups?by=taskName&times=true&top=20&${between(begins[0], end + step)}`, signal), get("api/v1/queues", signal),
  ]);
  if (signal.aborted) return;
  const all = begins.map((begin) => buckets.get(begin));
  const labels = begins.map((begin) => (step * steps > 2 * 24 * 60 * MINUTE ? days : hours).format(begin));
  const sum = (key) => all.reduce((total, one) => total + one[key], 0);
  const ended = sum("completed") + sum("failed");
  const waiting = queues.reduce((total, queue) => total + queue.waiting, 0);
  const oldest = Math.max(0, ...queues.map(({ oldestSeconds }) => oldestSeconds));
  const open = place.querySelectorAll("details[open]").length ? [...place.querySelectorAll("details")].map((one) => one.open) : [];
  const focused = place.contains(document.activeElement);
  if (focused) return; // whoever reads the numbers with the keyboard is not disturbed
  const tile = (name, value, note) => h("div", { class: "sheet" }, h("span", { class: "faint" }, name), h("strong", {}, value), note ? h("span", { class: "faint" }, note) : null);
  show(place,
    h("div", { class: "tiles" }, tile("Enqueued", count(sum("total"))), tile("Completed", count(sum("completed"))),
      tile("Failed", count(sum("failed")), ended ? `${percent(sum("failed") / ended)} of those that ended` : null),
      tile("Waiting now", count(waiting), oldest >= 1 ? `the oldest for ${duration(oldest)}` : null)),
    h("div", { class: "grid" },
      bars("Throughput", labels, ["completed", "failed", "cancelled", "open"].map((key) => ({ key, name: names[key], values: all.map((one) => one[key]) })), count),
      lines("Time from enqueued to ended", labels, ["p50", "p95"].map((key) => ({ key, name: names[key], values: all.map((one) => one[key]) })), duration),
      lines("Failures", labels, [{ key: "failed", name: "Share of the tasks that ended", values: all.map((one) => (one.completed + one.failed ? one.failed / (one.completed + one.failed) : null)) }], percent),
      waitingNow(queues), byAction(actions.groups)));
  [...place.querySelectorAll("details")].forEach((one, i) => { one.open = open[i] ?? false; });
}

const names = { completed: "Completed", failed: "Failed", cancelled: "Cancelled or archived", open: "Not ended", p50: "Half of the tasks (p50)", p95: "95 % of the tasks (p95)" };
const percent = (share) => `${Math.round(share * 1000) / 10} %`;
const between = (from, to) => `createdFrom=${new Date(from).toISOString()}&createdTo=${new Date(to - 1).toISOString()}`;

/** Counts the tasks that were enqueued in a span of time. */
async function bucket(begin, step, signal) {
  const span = between(begin, begin + step);
  const [{ groups }, { groups: [timed] }] = await Promise.all([
    get(`api/v1/stats/groups?by=status&${span}`, signal), get(`api/v1/stats/groups?times=true&${span}`, signal),
  ]);
  const of = (...statuses) => groups.filter(({ value }) => statuses.includes(value)).reduce((total, group) => total + group.count, 0);
  const total = groups.reduce((all, group) => all + group.count, 0);
  const [completed, failed, cancelled] = [of("completed"), of("failed"), of("cancelled", "archived")];
  const times = timed?.times?.count ? timed.times : { p50: null, p95: null };
  return { total, completed, failed, cancelled, open: total - completed - failed - cancelled, p50: times.p50, p95: times.p95 };
}

function waitingNow(queues) {
  return numbers("Waiting now", ["Queue", "Waiting", "Oldest waits for", "In", "Out"], queues.map((queue) => [queue.name, count(queue.waiting),
    queue.oldestSeconds >= 1 ? duration(queue.oldestSeconds) : "–", `${queue.addedPerSecond.toFixed(1)}/s`, `${queue.startedPerSecond.toFixed(1)}/s`]));
}

function byAction(groups) {
  return numbers("By action", ["Action", "Tasks", "p50", "p95", "Longest"], groups.map(({ value, count: tasks, times }) => [value, count(tasks),
    ...(times?.count ? [duration(times.p50), duration(times.p95), duration(times.max)] : ["–", "–", "–"])]));
}

function numbers(title, heads, rows) {
  return h("section", { class: "sheet", "aria-label": title }, h("h2", {}, title), rows.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, table` }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", { scope: "col", class: i ? "number" : null }, head)))),
    h("tbody", {}, rows.map(([name, ...values]) => h("tr", {}, h("th", { scope: "row" }, name), values.map((value) => h("td", { class: "number" }, value))))))) : h("p", { class: "faint" }, "None."));
}
