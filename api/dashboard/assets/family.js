// The children of a task, and theirs.

import { h } from "./dom.js";
import { badge, linkTo, nameOf } from "./format.js";

export function familyTree(children) {
  return h("ul", { class: "tree" }, children.map(item));
}

function item({ task, children }) {
  return h("li", {}, badge(task), " ", h("a", { href: linkTo(task.id) }, nameOf(task)), " ", h("span", { class: "faint" }, task.taskName),
    children.length ? h("ul", {}, children.map(item)) : null);
}
