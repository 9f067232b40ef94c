// How long the oldest task of each queue waited, as the server measured it in the last hour.

import { lines } from "./chart.js";
import { duration } from "./format.js";

const STEPS = 20;
const LEAST = 5 * 60_000; // how much time the chart shows at least
const MOST = 5; // lines that can be told apart
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Makes the chart. Of many queues it shows those in which tasks waited longest. */
export function waitingTimes(samples) {
  const now = Date.now();
  const from = Math.min(now - LEAST, samples.length ? new Date(samples[0].at).getTime() : now);
  const step = (now - from) / STEPS;
  const labels = Array.from({ length: STEPS }, (_, i) => clock.format(from + i * step));
  const queues = new Map();
  for (const { at, queues: measured } of samples) {
    const i = Math.min(STEPS - 1, Math.floor((new Date(at) - from) / step));
    for (const [name, { oldestSeconds }] of Object.entries(measured)) {
      const values = queues.get(name) ?? queues.set(name, Array(STEPS).fill(null)).get(name);
      values[i] = Math.max(values[i] ?? 0, oldestSeconds);
    }
  }
  const longest = ([, values]) => Math.max(...values.map((value) => value ?? 0));
  const shown = [...queues].sort((a, b) => longest(b) - longest(a) || a[0].localeCompare(b[0])).slice(0, MOST);
  return lines("Waiting time, last hour", labels, shown.map(([name, values], i) => ({ key: `queue-${i}`, name, values })), duration);
}
