// Shortcuts for those who keep their hands on the keyboard.
const dialog = document.getElementById("keys");
const places = { o: "/", s: "/schemes", i: "/indicators", e: "/events" };
let wasG = 0;

function isWriting(element) { return element && element.matches("input, select, textarea, [contenteditable]"); }

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || dialog.open) return;
  if (event.key === "?") dialog.showModal();
  else if (event.key === "/") {
    const search = document.getElementById("search");
    if (search) { event.preventDefault(); search.focus(); search.select(); } else location.assign("/schemes");
  } else if (places[event.key] && Date.now() - wasG < 1000) location.assign(places[event.key]);
  wasG = event.key === "g" ? Date.now() : 0;
});
for (const button of document.querySelectorAll("[data-keys]")) button.addEventListener("click", () => dialog.showModal());

// Where one is stays in sight, also where the row of places is longer than a phone is wide.
const here = document.querySelector(".top nav > ul a[aria-current]");
if (here) {
  const row = here.closest("ul");
  const beyond = here.offsetLeft + here.offsetWidth + 32 - row.offsetLeft - row.clientWidth;
  if (beyond > 0) row.scrollLeft = beyond;
}
