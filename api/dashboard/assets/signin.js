// The key of a server that wants one. It is kept until the tab is closed.

import { h, field } from "./dom.js";

const NAME = "taskqueue.key";
let asking = null;

export const key = () => sessionStorage.getItem(NAME);

/** Asks for a key, once for all requests that need it. Without a need to ask, another request has just got one. */
export function signIn(refused, used) {
  if (key() !== used) return Promise.resolve();
  asking ??= ask(refused).finally(() => { asking = null; });
  return asking;
}

function ask(refused) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, spellcheck: "false" });
    const dialog = h("dialog", { "aria-labelledby": "sign-in", cancel: (event) => event.preventDefault() },
      h("form", {
        submit: (event) => {
          event.preventDefault();
          sessionStorage.setItem(NAME, input.value.trim());
          dialog.close();
          dialog.remove();
          resolve();
        },
      },
      h("h2", { id: "sign-in" }, "Sign in"),
      h("p", {}, refused ? "The server does not accept this key." : "This server wants an API key."),
      field("API key", input, { hint: "It is kept in this tab until you close it." }),
      h("div", { class: "row end" }, h("button", { class: "main" }, "Sign in"))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
