// Sends forms without leaving the page, and says what the server said.
const toast = document.getElementById("toast");
let hiding;

export function say(text, tone) {
  clearTimeout(hiding);
  toast.className = "shown " + tone;
  toast.textContent = text;
  hiding = setTimeout(() => { toast.className = ""; }, 8000);
}

// Shows each error beside its field, as far as it belongs to one; says the rest.
async function explain(response, form) {
  let problem;
  try {
    problem = await response.json();
  } catch {
    return `${response.status} ${response.statusText}`;
  }
  const rest = [];
  for (const error of problem.errors || []) {
    const name = error.pointer.split("/").pop();
    const field = name && form.querySelector(`:is(input, select, textarea)[name="${CSS.escape(name)}"]:not([type="hidden"])`);
    if (field) mark(field, error.detail); else rest.push(`${error.pointer} ${error.detail}`);
  }
  const first = form.querySelector("[aria-invalid]");
  if (first) first.focus();
  return [problem.detail, ...rest].join(" ");
}

let marks = 0;
function mark(field, text) {
  const note = document.createElement("span");
  note.className = "fault";
  note.id = `fault-script-${++marks}`;
  note.textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", note.id);
  field.after(note);
}

function unmark(form) {
  for (const note of form.querySelectorAll(".fault")) note.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-quiet]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(form, button));
  // Times are filled in as the reader's clock has them, and sent in UTC.
  for (const field of form.querySelectorAll("input[data-utc]")) {
    if (field.value) body.set(field.name, new Date(field.value).toISOString().slice(0, 16));
  }
  if (button) button.disabled = true;
  unmark(form);
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "X-Ninelives": "1" } });
    if (!response.ok) {
      // Who saves once more has been told what is there now.
      const seen = response.headers.get("X-Ninelives-Seen");
      if (seen && form.elements.seen) form.elements.seen.value = seen;
      return say(await explain(response, form), "bad");
    }
    const menu = form.closest("details");
    if (menu) menu.open = false;
    form.reset();
    if (form.dataset.then) return location.assign(form.dataset.then);
    document.dispatchEvent(new Event("ninelives:done"));
  } catch (error) {
    say(String(error), "bad");
  } finally {
    if (button) button.disabled = false;
  }
});

// What the rest of a form hangs on is chosen at once with a pointer. With the keys, which go past others on the way, it
// is by the button beside it.
let isByKeys = false;
document.addEventListener("keydown", () => { isByKeys = true; }, true);
document.addEventListener("pointerdown", () => { isByKeys = false; }, true);
document.addEventListener("change", (event) => {
  const select = event.target.closest("select[data-at-once]");
  if (select && select.value && !isByKeys) select.form.requestSubmit(select.closest("label").nextElementSibling);
});

// A menu closes when something else is clicked, or with Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
