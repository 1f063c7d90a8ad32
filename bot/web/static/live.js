// Keeps the part of the page that changes as new as the journal: each event only says that something has come.
"use strict";

const part = document.getElementById("now");
const told = document.getElementById("stream");
const GONE = "not live: the server does not answer, trying again";
let asked = false;
let again = false;
// Each section as it came, before the countdown moved on.
let shown = [...part.children].map((one) => one.outerHTML);

// What says the same stays as it is: nothing is pulled away from whoever reads, selects or scrolls there.
function put(text) {
  const came = document.createElement("template");
  came.innerHTML = text;
  const fresh = [...came.content.children];
  const now = fresh.map((one) => one.outerHTML);
  if (now.length !== shown.length) part.replaceChildren(...fresh);
  else fresh.forEach((one, at) => { if (now[at] !== shown[at]) swap(part.children[at], one); });
  shown = now;
  count();
}

function swap(old, fresh) {
  const tables = [...old.querySelectorAll(".wide")];
  const pushed = new Map(tables.map((one) => [one.ariaLabel, one.scrollLeft]));
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  for (const one of fresh.querySelectorAll(".wide")) one.scrollLeft = pushed.get(one.ariaLabel) ?? 0;
  if (held) [...fresh.querySelectorAll("a, .wide")].find((one) => same(one, held))?.focus({ preventScroll: true });
}

function same(one, other) {
  return one.tagName === other.tagName && one.ariaLabel === other.ariaLabel && one.href === other.href;
}

async function renew() {
  if (asked) { again = true; return; }
  asked = true;
  try {
    const answer = await fetch(part.dataset.part, { cache: "no-store" });
    if (answer.ok) put(await answer.text());
  } catch {
    told.textContent = GONE;  // the stream comes back by itself, and asks again
  } finally {
    asked = false;
    if (again) { again = false; renew(); }
  }
}

function count() {
  for (const one of part.querySelectorAll(".countdown")) {
    const left = Math.max(0, Math.floor((Number(one.dataset.until) - Date.now()) / 1000));
    const days = Math.floor(left / 86400);
    const clock = [Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
    one.textContent = `in ${days ? days + " d " : ""}${clock.map((n) => String(n).padStart(2, "0")).join(":")}`;
  }
}

const stream = new EventSource("/api/v1/events");
for (const kind of part.dataset.kinds.split(" ")) stream.addEventListener(kind, renew);
stream.addEventListener("hello", () => { told.textContent = "live"; renew(); });
stream.addEventListener("error", () => { told.textContent = GONE; });
setInterval(count, 1000);
// The desk's own words (link, lag, state) are no rows: they are asked for now and then.
setInterval(renew, 5000);
