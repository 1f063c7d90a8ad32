// Keeps the part of the page that changes as new as the journal: each event only says that something has come.
"use strict";

const part = document.getElementById("now");
const told = document.getElementById("stream");
let asked = false;
let again = false;

async function renew() {
  if (asked) { again = true; return; }
  asked = true;
  try {
    const answer = await fetch(part.dataset.part, { cache: "no-store" });
    if (answer.ok) part.innerHTML = await answer.text();
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
stream.addEventListener("error", () => { told.textContent = "not live: the server does not answer, trying again"; });
setInterval(count, 1000);
// The desk's own words (link, lag, state) are no rows: they are asked for now and then.
setInterval(renew, 5000);
