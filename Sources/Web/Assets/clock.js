// Shows moments in the reader's time zone and language, and counts along.
const language = document.documentElement.lang;
let offset = 0;

const unit = (name) => {
  const format = new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" });
  return (number) => format.format(number);
};
const units = { s: unit("second"), min: unit("minute"), h: unit("hour"), d: unit("day") };
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

// `at`: the server's clock, seconds since 1970.
export function setClock(at) { offset = at - Date.now() / 1000; }

function span(seconds) {
  seconds = Math.max(0, Math.floor(seconds));
  if (seconds < 120) return units.s(seconds);
  if (seconds < 7200) return units.min(Math.floor(seconds / 60));
  if (seconds < 172800) return units.h(Math.floor(seconds / 3600));
  return units.d(Math.floor(seconds / 86400));
}

export function tick() {
  const now = Date.now() / 1000 + offset;
  for (const time of document.querySelectorAll("time[data-at]")) {
    const at = Number(time.dataset.at);
    let text;
    if (time.classList.contains("ago")) text = span(now - at);
    else if (time.classList.contains("until")) text = span(Math.ceil(at - now));
    else if (time.classList.contains("moment")) text = moment.format(at * 1000);
    else text = Math.abs(now - at) < 43200 ? clock.format(at * 1000) : day.format(at * 1000);
    if (time.textContent === text) continue;
    time.textContent = text;
    if (!time.title) time.title = whole.format(at * 1000);
  }
}

function nameZone() {
  for (const place of document.querySelectorAll("[data-zone]")) if (zone && place.textContent !== zone) place.textContent = zone;
}

document.addEventListener("ninelives:updated", nameZone);
nameZone();
setInterval(tick, 500);
tick();
