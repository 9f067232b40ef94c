// How much was done, how long it took, how long tasks waited and what failed.

import { become, h, select, show } from "./dom.js";
import { pause } from "./events.js";
import { get, post } from "./http.js";
import { bars, lines } from "./chart.js";
import { count, duration } from "./format.js";
import { may } from "./session.js";
import { waitingTimes } from "./waiting.js";

const MINUTE = 60_000;
const ranges = {
  minutes: { name: "the last 10 minutes", step: MINUTE / 2, steps: 20 },
  hour: { name: "the last hour", step: 5 * MINUTE, steps: 12 },
  day: { name: "the last 24 hours", step: 60 * MINUTE, steps: 24 },
  week: { name: "the last 7 days", step: 6 * 60 * MINUTE, steps: 28 },
};
const hours = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit" });

export default async function charts({ main, parameters, signal, setTitle, setLive }) {
  setTitle("Charts");
  const chosen = Object.hasOwn(ranges, parameters.get("range")) ? parameters.get("range") : "hour";
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
  // What has ended stays so, and only the index is a little late; so the past is not counted again.
  const stale = begins.filter((begin) => begin >= end - step || !buckets.has(begin));
  for (let i = 0; i < stale.length; i += 4) {
    await Promise.all(stale.slice(i, i + 4).map(async (begin) => buckets.set(begin, await bucket(begin, step, signal))));
  }
  const operator = may("operator"); // owners are not told of queues
  const [added, { groups: actions }, waiting] = await Promise.all([
    grouped({ by: "status", filters: within("createdAt", begins[0], end + step) }, signal),
    grouped({ by: "taskName", times: true, top: 20, filters: within("updatedAt", begins[0], end + step) }, signal),
    operator ? get("api/v1/queues/history", signal) : null,
  ]);
  if (signal.aborted) return;
  const all = begins.map((begin) => buckets.get(begin));
  const labels = begins.map((begin) => (step * steps > 2 * 24 * 60 * MINUTE ? days : hours).format(begin));
  const sum = (key) => all.reduce((total, one) => total + one[key], 0);
  const ended = sum("completed") + sum("failed");
  const tile = (name, value, note) => h("div", { class: "sheet" }, h("span", { class: "faint" }, name), h("strong", {}, value), note ? h("span", { class: "faint" }, note) : null);
  const series = (...keys) => keys.map((key) => ({ key, name: names[key], values: all.map((one) => one[key]) }));
  const latest = waiting?.samples.at(-1);
  const queues = Object.values(latest?.queues ?? {});
  const oldest = Math.max(0, ...queues.map(({ oldestSeconds }) => oldestSeconds));
  become(place.firstElementChild, h("div", {},
    h("div", { class: "tiles" }, tile("Enqueued", count(total(added.groups))), tile("Completed", count(sum("completed"))),
      tile("Failed", count(sum("failed")), ended ? `${percent(sum("failed") / ended)} of those that ended` : null),
      latest ? tile("Waiting now", count(queues.reduce((all, queue) => all + queue.waiting, 0)), oldest >= 1 ? `the oldest for ${duration(oldest)}` : null) : null),
    h("div", { class: "grid" },
      bars(`Throughput, tasks in ${duration(step / 1000)}`, labels, series("completed", "failed", "cancelled"), count),
      waiting ? waitingTimes(waiting.samples) : null,
      lines("Failures", labels, [{ key: "failed", name: "Share of the tasks that ended", values: all.map((one) => (one.completed + one.failed ? one.failed / (one.completed + one.failed) : null)) }], percent),
      lines("Time from enqueued to completed", labels, series("p50", "p95"), duration),
      byAction(actions))));
}

const names = { completed: "Completed", failed: "Failed", cancelled: "Cancelled", p50: "Half of the tasks (p50)", p95: "95 % of the tasks (p95)" };
const percent = (share) => `${Math.round(share * 1000) / 10} %`;
const total = (groups) => groups.reduce((all, group) => all + group.count, 0);
const grouped = (body, signal) => post("api/v1/stats/groups", body, signal);
const within = (column, from, to) => [
  { column, op: "gte", value: new Date(from).toISOString() }, { column, op: "lt", value: new Date(to).toISOString() },
];

/** Counts the tasks that ended in a span of time. */
async function bucket(begin, step, signal) {
  const ended = { column: "status", op: "in", value: ["completed", "failed", "cancelled"] };
  const { groups } = await grouped({ by: "status", times: true, filters: [...within("updatedAt", begin, begin + step), ended] }, signal);
  const of = (status) => groups.find(({ value }) => value === status);
  const number = (status) => of(status)?.count ?? 0;
  const times = of("completed")?.times;
  return {
    completed: number("completed"), failed: number("failed"), cancelled: number("cancelled"),
    p50: times?.count ? times.p50 : null, p95: times?.count ? times.p95 : null,
  };
}

function byAction(groups) {
  const rows = groups.map(({ value, count: tasks, times }) => [value, count(tasks),
    ...(times?.count ? [duration(times.p50), duration(times.p95), duration(times.max)] : ["–", "–", "–"])]);
  return h("section", { class: "sheet wide", "aria-label": "By action" }, h("h2", {}, "By action"), rows.length
    ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "By action, table" }, h("table", { class: "dense" },
      h("thead", {}, h("tr", {}, ["Action", "Tasks", "p50", "p95", "Longest"].map((head, i) => h("th", { scope: "col", class: i ? "number" : null }, head)))),
      h("tbody", {}, rows.map(([name, ...values]) => h("tr", {}, h("th", { scope: "row" }, name), values.map((value) => h("td", { class: "number" }, value)))))))
    : h("p", { class: "faint" }, "None."));
}
