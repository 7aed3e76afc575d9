// Keeps the open page as the server sees it: each event carries the parts that have changed.
import { tick, setClock } from "./clock.js";

const main = document.getElementById("main");
const live = document.getElementById("live");
const find = (key, within = main) => within.querySelector(`[data-key="${CSS.escape(key)}"]`);

function show(state) {
  if (!live) return;
  const text = document.getElementById("live-text");
  live.className = "live " + state;
  const words = state === "on" ? live.dataset.on : live.dataset.off;
  if (text.textContent !== words) text.textContent = words;
}

// What a reader has opened stays open, and what they write stays written.
function keepOpen(old, fresh) {
  for (const details of old.querySelectorAll("details[open][data-keep-open]")) {
    const twin = fresh.querySelector(`details[data-keep-open="${CSS.escape(details.dataset.keepOpen)}"]`);
    if (twin) twin.open = true;
  }
}

function flash(old, fresh) {
  const all = [fresh, ...fresh.querySelectorAll("[data-flash]")];
  for (const element of all) {
    if (!element.dataset || element.dataset.flash === undefined || !element.dataset.key) continue;
    const before = old.dataset.key === element.dataset.key ? old : find(element.dataset.key, old);
    if (before && before.dataset.flash !== element.dataset.flash) element.classList.add("changed");
  }
}

function replace(key, html) {
  const old = find(key);
  if (!old) return false;
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  if (!fresh) return false;
  keepOpen(old, fresh);
  flash(old, fresh);
  for (const place of fresh.querySelectorAll("template[data-keep]")) {
    const kept = find(place.dataset.keep, old);
    if (!kept) return false;
    place.replaceWith(kept);
  }
  old.replaceWith(fresh);
  return true;
}

function update(message) {
  if (message.at !== undefined) setClock(message.at);
  if (message.title) document.title = message.title;
  const active = document.activeElement;
  const scrolls = [...main.querySelectorAll(".events")].map((list) => list.scrollTop);
  if (message.page !== undefined) {
    const old = main.cloneNode(true);
    // What somebody is writing into is not taken from under their hands: the next event brings what has changed.
    if (active && main.contains(active) && active.matches("input, select, textarea")) return tick();
    const open = [...main.querySelectorAll("details[open][data-keep-open]")].map((d) => d.dataset.keepOpen);
    main.innerHTML = message.page;
    for (const key of open) {
      const twin = main.querySelector(`details[data-keep-open="${CSS.escape(key)}"]`);
      if (twin) twin.open = true;
    }
    flash(old, main);
  }
  for (const [key, html] of message.parts || []) if (!replace(key, html)) return location.reload();
  [...main.querySelectorAll(".events")].forEach((list, index) => { list.scrollTop = scrolls[index] || 0; });
  if (active && active !== document.activeElement) {
    const again = document.contains(active) ? active : active.id && document.getElementById(active.id);
    if (again) again.focus({ preventScroll: true });
  }
  document.dispatchEvent(new Event("ninelives:updated"));
  tick();
}

if (main.dataset.live) {
  const source = new EventSource("/live?page=" + encodeURIComponent(main.dataset.live));
  source.addEventListener("open", () => show("on"));
  source.addEventListener("error", () => show("off"));
  source.addEventListener("page", (event) => { update(JSON.parse(event.data)); show("on"); });
}

// What somebody has just done shows at once, also where nothing else changes by itself.
document.addEventListener("ninelives:done", async () => {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("main");
  if (!fresh) return location.reload();
  if (document.activeElement) document.activeElement.blur();
  update({ page: fresh.innerHTML });
});
