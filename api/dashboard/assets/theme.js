// Light or dark: as the system has it until the user chooses.

import { kept } from "./kept.js";

const choice = kept("localStorage", "taskqueue.theme");
const dark = matchMedia("(prefers-color-scheme: dark)");

export function startTheme(button) {
  const current = () => choice.get() ?? (dark.matches ? "dark" : "light");
  const apply = () => {
    if (choice.get()) document.documentElement.dataset.theme = choice.get();
    button.textContent = current() === "dark" ? "☀ Light" : "☾ Dark";
  };
  button.addEventListener("click", () => {
    choice.set(current() === "dark" ? "light" : "dark");
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}
