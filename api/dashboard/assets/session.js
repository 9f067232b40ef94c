// Who uses the page. A key or token is kept in this tab until it is closed, never in a cookie, so no other site can use it.

const NAME = "taskqueue.key";
const roles = ["owner", "operator", "admin"];
const listeners = [];
let credential = stored();
let me = null;

function stored() {
  try {
    return sessionStorage.getItem(NAME);
  } catch { // a browser that stores nothing keeps it in memory
    return null;
  }
}

function store(value) {
  credential = value;
  try {
    if (value) sessionStorage.setItem(NAME, value);
    else sessionStorage.removeItem(NAME);
  } catch { /* it is in memory */ }
}

/** The key or token that requests are sent with, null if there is none. */
export const key = () => credential;

/** Keeps the key, if there is one, and who the server says that its owner is: { subject, role, authenticated }. */
export function begin(used, identity) {
  store(used);
  me = identity;
  for (const listener of listeners) listener(me);
}

export function signOut() {
  store(null);
  location.reload();
}

/** Calls the listener whenever somebody has signed in. */
export const onSession = (listener) => listeners.push(listener);

/** Whether the user's role is this one or a higher one. The server decides; this is for what the page offers. */
export const may = (role) => roles.indexOf(me?.role) >= roles.indexOf(role);
