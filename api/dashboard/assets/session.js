// Who uses the page. A key or token is kept in this tab until it is closed, never in a cookie, so no other site can use it.

import { kept } from "./kept.js";

const roles = ["owner", "operator", "admin"];
const listeners = [];
const credential = kept("sessionStorage", "taskqueue.key");
let me = null;

/** The key or token that requests are sent with, null if there is none. */
export const key = () => credential.get();

/** Keeps the key, if there is one, and who the server says that its owner is: { subject, role, authenticated }. */
export function begin(used, identity) {
  credential.set(used);
  me = identity;
  for (const listener of listeners) listener(me);
}

export function signOut() {
  credential.set(null);
  location.reload();
}

/** Calls the listener whenever somebody has signed in. */
export const onSession = (listener) => listeners.push(listener);

/** Whether the server has said who uses the page. */
export const begun = () => me !== null;

/** Whether the user's role is this one or a higher one. The server decides; this is for what the page offers. */
export const may = (role) => roles.indexOf(me?.role) >= roles.indexOf(role);
