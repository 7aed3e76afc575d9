// Keeps the page as the server sees it: each event carries the page's main part, rendered anew.
"use strict";

const main = document.getElementById("main");
const live = document.getElementById("live");
const liveText = document.getElementById("live-text");
let clockOffset = 0;

function show(state, text) {
  live.className = "live " + state;
  if (liveText.textContent !== text) liveText.textContent = text;
}

function span(seconds) {
  seconds = Math.max(0, Math.floor(seconds));
  if (seconds < 120) return seconds + " s";
  if (seconds < 7200) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h";
  return Math.floor(seconds / 86400) + " days";
}

function tick() {
  const now = Date.now() / 1000 + clockOffset;
  for (const time of document.querySelectorAll("time[data-at]")) {
    const at = Number(time.dataset.at);
    let text = "";
    if (time.classList.contains("ago")) text = span(now - at);
    else if (time.classList.contains("until")) text = span(Math.ceil(at - now));
    else text = new Date(at * 1000).toLocaleTimeString([], { hour12: false });
    if (time.textContent !== text) {
      time.textContent = text;
      time.title = new Date(at * 1000).toLocaleString();
    }
  }
}

function values() {
  const found = new Map();
  for (const element of main.querySelectorAll("[data-key]")) found.set(element.dataset.key, element.dataset.value);
  return found;
}

function update(html) {
  const before = values();
  const focus = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.post : null;
  const scroll = main.querySelector(".events") ? main.querySelector(".events").scrollTop : 0;
  main.innerHTML = html;
  for (const element of main.querySelectorAll("[data-key]")) {
    if (before.get(element.dataset.key) !== element.dataset.value) element.classList.add("changed");
  }
  if (main.querySelector(".events")) main.querySelector(".events").scrollTop = scroll;
  if (focus) {
    for (const button of main.querySelectorAll("[data-post]")) if (button.dataset.post === focus) button.focus();
  }
  tick();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-post]");
  if (!button) return;
  button.disabled = true;
  try {
    await fetch(button.dataset.post, { method: "POST", headers: { "X-Ninelives": "1" } });
  } finally {
    button.disabled = false;
  }
});

const source = new EventSource("/events?path=" + encodeURIComponent(main.dataset.path));
source.addEventListener("open", () => show("on", "live"));
source.addEventListener("error", () => show("off", "no connection, trying again"));
source.addEventListener("page", (event) => {
  const message = JSON.parse(event.data);
  clockOffset = message.at - Date.now() / 1000;
  update(message.html);
  show("on", "live");
});
setInterval(tick, 500);
tick();
