// What the browser keeps for the page.

/** A text that is kept under this name in "localStorage" or "sessionStorage"; null is none. A browser that stores nothing keeps it until the page is left. */
export function kept(storage, name) {
  let unstored = null;
  return {
    get() {
      try {
        return window[storage].getItem(name) ?? unstored;
      } catch {
        return unstored;
      }
    },
    set(text) {
      unstored = null;
      try {
        if (text === null) window[storage].removeItem(name);
        else window[storage].setItem(name, text);
      } catch {
        unstored = text;
      }
    },
  };
}
