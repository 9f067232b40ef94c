// Questions to the user, and short messages.

import { h, field } from "./dom.js";

/**
 * Asks. The text may be an element. Fields are pairs of a label and a control. act is called when the user agrees; if it fails its error is shown and the dialog stays.
 * What takes long has a stop: it is called when the user does not want to wait for the end of act, which should then come soon. Returns whether it
 * was done.
 */
export function ask({ title, text, fields = [], verb, danger, act, stop }) {
  return new Promise((resolve) => {
    const problem = h("p", { class: "error", role: "alert", hidden: true });
    const button = h("button", { class: danger ? "danger" : "main" }, verb);
    let done = false;
    const leave = () => {
      if (!stop || !button.disabled) return dialog.close();
      refuse.disabled = true;
      stop();
    };
    const refuse = h("button", { type: "button", click: leave }, "Keep as it is");
    const cancel = (event) => { event.preventDefault(); leave(); };
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", cancel, close: () => { dialog.remove(); resolve(done); } },
      h("form", {
        submit: async (event) => {
          event.preventDefault();
          button.disabled = true;
          problem.hidden = true;
          if (stop) refuse.textContent = "Stop";
          try {
            await act();
            done = true;
            dialog.close();
          } catch (error) {
            problem.textContent = error.message;
            problem.hidden = false;
            button.disabled = refuse.disabled = false;
            if (stop) refuse.textContent = "Close";
          }
        },
      },
      h("h2", { id: "dialog-title" }, title), typeof text === "string" ? h("p", {}, text) : text,
      fields.map(([label, control]) => control.type === "checkbox"
        ? h("p", {}, h("label", {}, control, " ", label)) : field(label, control)),
      problem,
      h("div", { class: "row end" }, refuse, button)));
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
