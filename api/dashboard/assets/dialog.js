// Questions to the user, and short messages.

import { h, field } from "./dom.js";

/**
 * Asks. The text may be an element. Fields are pairs of a label and a control. act is called when the user agrees; if it fails its error is shown and the dialog stays.
 * Returns whether it was done.
 */
export function ask({ title, text, fields = [], verb, danger, act }) {
  return new Promise((resolve) => {
    const problem = h("p", { class: "error", role: "alert", hidden: true });
    const button = h("button", { class: danger ? "danger" : "main" }, verb);
    let done = false;
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", close: () => { dialog.remove(); resolve(done); } },
      h("form", {
        submit: async (event) => {
          event.preventDefault();
          button.disabled = true;
          try {
            await act();
            done = true;
            dialog.close();
          } catch (error) {
            problem.textContent = error.message;
            problem.hidden = false;
            button.disabled = false;
          }
        },
      },
      h("h2", { id: "dialog-title" }, title), typeof text === "string" ? h("p", {}, text) : text,
      fields.map(([label, control]) => control.type === "checkbox"
        ? h("p", {}, h("label", {}, control, " ", label)) : field(label, control)),
      problem,
      h("div", { class: "row end" }, h("button", { type: "button", click: () => dialog.close() }, "Keep as it is"), button)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Shows a message for some seconds; screen readers say it. */
export function tell(text) {
  const message = h("div", { class: "message" }, text);
  document.getElementById("messages").append(message);
  setTimeout(() => message.remove(), 6000);
}

/** Does something, and tells the error if it fails, unless the page has been left. */
export async function telling(act, signal = null) {
  try {
    await act();
  } catch (error) {
    if (!signal?.aborted) tell(error.message);
  }
}
