// Server-sent events over fetch: unlike EventSource it can send a key.

import { ApiError, problem, send } from "./http.js";
import { parse } from "./json.js";

/** How long to wait before trying again, in milliseconds. */
export const RETRY = 3000;

/**
 * Follows a stream until it ends by itself or the signal aborts; the error says why the server refuses it for good. A tab that is hidden reads
 * nothing: browsers open only six connections to a server of HTTP/1.1.
 */
export async function follow(path, { signal, onEvent, onState }) {
  let lastId = "";
  let retry = RETRY;
  while (!signal.aborted) {
    await visible(signal);
    if (signal.aborted) return;
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    const hide = () => document.hidden && stop();
    signal.addEventListener("abort", stop);
    document.addEventListener("visibilitychange", hide);
    try {
      const headers = { Accept: "text/event-stream" };
      if (lastId) headers["Last-Event-ID"] = lastId;
      const response = await send(path, { headers, signal: attempt.signal });
      if (response.status === 204) return;
      if (!response.ok) throw await problem(response);
      onState(true);
      for await (const event of read(response.body)) {
        if (event.retry) retry = event.retry;
        if (event.id) lastId = event.id;
        if (event.name === "end") return;
        if (event.data) onEvent(event.name, parse(event.data));
      }
    } catch (error) {
      if (error instanceof ApiError && !error.passing) throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      document.removeEventListener("visibilitychange", hide);
      onState(false);
    }
    await pause(retry, signal);
  }
}

async function* read(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = { name: "message", data: "" };
      for (const line of text.slice(0, end).split("\n")) {
        const colon = line.indexOf(":");
        const rest = line.slice(colon + 1).trimStart();
        if (line.startsWith("event:")) event.name = rest;
        if (line.startsWith("data:")) event.data += rest;
        if (line.startsWith("id:")) event.id = rest;
        if (line.startsWith("retry:")) event.retry = Number(rest);
      }
      text = text.slice(end + 2);
      yield event;
    }
  }
}

function visible(signal) {
  return new Promise((resolve) => {
    if (!document.hidden || signal.aborted) return resolve();
    const done = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done, { once: true });
  });
}

export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
