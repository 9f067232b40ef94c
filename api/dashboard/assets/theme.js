// Light or dark: as the system has it until the user chooses.

const NAME = "taskqueue.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function startTheme(button) {
  const current = () => localStorage.getItem(NAME) ?? (dark.matches ? "dark" : "light");
  const apply = () => {
    const chosen = localStorage.getItem(NAME);
    if (chosen) document.documentElement.dataset.theme = chosen;
    button.textContent = current() === "dark" ? "☀ Light" : "☾ Dark";
  };
  button.addEventListener("click", () => {
    localStorage.setItem(NAME, current() === "dark" ? "light" : "dark");
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}
