// Requests to the REST API.

import { parse } from "./json.js";
import { key } from "./session.js";
import { signIn } from "./signin.js";

/** An answer that is a problem (RFC 9457), or a server that did not answer. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.status = problem.status;
    this.passing = this.status === 429 || !(this.status >= 400 && this.status < 500); // the same request may succeed later
    this.field = problem.field;
    this.errors = problem.errors ?? [];
    this.result = problem.result; // of a bulk operation, until it was stopped half-way
  }
}

/** Sends a request with the key that the user has signed in with; asks for one if the server wants it. */
export async function send(path, options = {}) {
  for (;;) {
    const used = key();
    const headers = { ...options.headers };
    if (used) headers.Authorization = `Bearer ${used}`;
    let response;
    try {
      response = await fetch(path, { ...options, headers, redirect: "error" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError({ title: "The server does not answer.", status: 0 });
    }
    if (response.status !== 401) return response;
    await signIn(used);
  }
}

async function request(method, path, body, signal) {
  const options = { method, signal, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await send(path, options);
  if (response.ok) return response.status === 204 ? null : parse(await response.text());
  throw await problem(response);
}

/** Reads the error that a response is. */
export async function problem(response) {
  const fallback = { title: `The server answered with status ${response.status}.`, status: response.status };
  return new ApiError(await response.json().catch(() => fallback));
}

export const get = (path, signal) => request("GET", path, undefined, signal);
export const post = (path, body, signal) => request("POST", path, body ?? {}, signal);
export const taskPath = (id, rest = "") => `api/v1/tasks/${encodeURIComponent(id)}${rest}`;

/** What the server tells the dashboard of its surroundings. */
export const settings = fetch("assets/settings.json").then((response) => response.json()).catch(() => ({}));
