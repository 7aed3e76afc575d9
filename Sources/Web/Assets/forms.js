// Sends forms without leaving the page, and says what the server said.
const toast = document.getElementById("toast");
let hiding;

export function say(text, tone) {
  clearTimeout(hiding);
  toast.className = "shown " + tone;
  toast.textContent = text;
  hiding = setTimeout(() => { toast.className = ""; }, 8000);
}

async function explain(response) {
  try {
    const problem = await response.json();
    const details = (problem.errors || []).map((error) => `${error.pointer} ${error.detail}`);
    return [problem.detail, ...details].join(" ");
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-quiet]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(new FormData(form, button));
  if (button) button.disabled = true;
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "X-Ninelives": "1" } });
    if (!response.ok) return say(await explain(response), "bad");
    const menu = form.closest("details");
    if (menu) menu.open = false;
    form.reset();
    if (form.dataset.then) location.assign(form.dataset.then);
  } catch (error) {
    say(String(error), "bad");
  } finally {
    if (button) button.disabled = false;
  }
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
