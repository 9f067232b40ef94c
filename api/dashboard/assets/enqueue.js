// The form that enqueues a task. The fields of its parameters follow from the action's JSON schema.

import { field, h, select, show } from "./dom.js";
import { tell } from "./dialog.js";
import { get, post, taskPath } from "./http.js";
import { linkTo } from "./format.js";
import { schemaForm } from "./schemaform.js";
import { may } from "./session.js";

const categories = ["create", "update", "delete", "copy", "import", "export", "delivery_comp", "unrelated_resource", "unknown"];

export default async function enqueue({ main, parameters, signal, setTitle }) {
  setTitle("Enqueue a task");
  const from = parameters.get("from");
  const [{ actions }, { queues }, like] = await Promise.all([
    get("api/v1/actions", signal), may("operator") ? get("api/v1/queues", signal) : { queues: null }, from ? get(taskPath(from), signal) : null,
  ]);
  if (signal.aborted) return;
  const names = h("datalist", { id: "action-names" }, actions.map(({ name }) => h("option", { value: name })));
  const action = h("input", { list: names.id, required: true, maxlength: 255, autocomplete: "off", value: like?.taskName ?? parameters.get("action") ?? "", input: () => choose() });
  const label = h("input", { maxlength: 255, value: like?.taskLabel ?? "" });
  const queue = queues ? select([["", "(the action's)"], ...queues.map(({ name }) => name)], "") : h("input", { maxlength: 255, placeholder: "(the action's)" });
  const owner = h("input", { maxlength: 255, value: (may("operator") && like?.owner) || "" });
  const category = select([["", "(the action's)"], ...categories], like?.category && like.category !== "unknown" ? like.category : "");
  const delay = h("input", { placeholder: "90s, 1h30m", pattern: "([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+|[0-9]+(\\.[0-9]+)?", maxlength: 100 });
  const priority = select([["", "3 (usual)"], ["1", "1 (first)"], "2", "4", ["5", "5 (last)"]], "");
  const parent = h("input", { maxlength: 255, value: like?.parentId ?? "" });
  const id = h("input", { maxlength: 255 });
  const problem = h("div", { class: "error", role: "alert", hidden: true });
  const place = h("div", {});
  let form = null;
  let chosen = null;

  function choose() {
    const known = actions.find(({ name }) => name === action.value);
    const schema = known?.schema ?? null;
    if (form && schema === chosen) return;
    chosen = schema;
    form = schemaForm(schema, action.value === like?.taskName ? like.parameters : undefined);
    show(place, form.element);
  }

  show(main, h("div", { class: "head" }, h("h1", {}, "Enqueue a task")), h("form", {
    class: "sheet",
    submit: async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        const body = { action: action.value, parameters: form.read() };
        const optional = { label, queue, owner, category, parentId: parent, id };
        for (const [name, control] of Object.entries(optional)) if (control.value.trim()) body[name] = control.value.trim();
        if (delay.value) body.delay = /[a-zµ]/.test(delay.value) ? delay.value : Number(delay.value);
        if (priority.value) body.priority = Number(priority.value);
        const created = await post("api/v1/tasks", body, signal);
        tell("The task is enqueued.");
        location.hash = linkTo(created.id);
      } catch (error) {
        if (signal.aborted) return;
        show(problem, h("div", {}, error.message), (error.errors ?? []).slice(1).map(({ detail }) => h("div", {}, detail)));
        problem.hidden = false;
        problem.scrollIntoView({ block: "nearest" });
      }
    },
  }, names,
  h("div", { class: "fields" }, field("Action", action, { hint: "What to run. The list has those that this server knows." }),
    field("Label", label, { hint: "What people call the task." })),
  place,
  h("details", {}, h("summary", {}, "More"), h("div", { class: "fields" }, field("Queue", queue), may("operator") ? field("Owner", owner) : null, field("Category", category),
    field("Delay", delay, { hint: "How long to wait before it may start." }), field("Priority", priority), field("Parent", parent, { hint: "The id of the task that this one is a child of." }),
    field("Id", id, { hint: "Left empty, one is made." }))),
  problem,
  h("div", { class: "row end" }, h("button", { class: "main" }, "Enqueue"))));
  choose();
}
