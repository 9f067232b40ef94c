// The page that asks for an API key or a token.

import { field, h } from "./dom.js";
import { begin, key } from "./session.js";

let asking = null;

/** Asks for a key, once for all requests that need it. used is the one that was refused, null if there was none. */
export function signIn(used) {
  if (key() !== used) return Promise.resolve(); // another request has just got one
  asking ??= ask(used !== null).finally(() => { asking = null; });
  return asking;
}

function ask(refused) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const problem = h("p", { class: "error", role: "alert", hidden: !refused }, "The server does not accept this key any more. Sign in again.");
    const button = h("button", { class: "main" }, "Sign in");
    const dialog = h("dialog", { class: "signin", "aria-labelledby": "sign-in", cancel: (event) => event.preventDefault() },
      h("form", {
        submit: async (event) => {
          event.preventDefault();
          button.disabled = true;
          const given = input.value.trim();
          const reason = await check(given);
          button.disabled = false;
          if (!reason) {
            dialog.close();
            dialog.remove();
            resolve();
            return;
          }
          problem.textContent = reason;
          problem.hidden = false;
          input.select();
        },
      },
      h("img", { src: "assets/icon.svg", alt: "", width: 40, height: 40 }),
      h("h1", { id: "sign-in" }, "Sign in"),
      field("API key or token", input, { hint: "It is kept in this tab until you close it or sign out." }), problem,
      h("div", { class: "row end" }, button)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks the server whose key it is, and keeps it. Returns what is wrong with it, or nothing. */
async function check(given) {
  try {
    const response = await fetch("api/v1/me", { headers: { Accept: "application/json", Authorization: `Bearer ${given}` }, redirect: "error" });
    const answer = await response.json();
    if (!response.ok) return answer.detail;
    begin(given, answer);
    return "";
  } catch { // also of a text that no header can hold
    return "The server does not answer, or this is not a key.";
  }
}
