// Keys of every page: j and k go through a list or from one round trip to the next, n writes a note, g and a letter
// lead to another page.
"use strict";

const PAGES = { h: "/", r: "/round-trips", s: "/signals", w: "/moment", t: "/stats", c: "/calendar", x: "/health" };
const LEADS_MS = 1500;
let led = -Infinity;

const links = () => [...document.querySelectorAll("table.rows tbody tr td:first-child a")];

function step(by) {
  const rel = document.querySelector(`a[rel="${by > 0 ? "next" : "prev"}"]`);
  const known = document.querySelector("#chart, pre.story") ? [] : links();
  if (!known.length) { if (rel) location.assign(rel.href); return; }
  const at = known.indexOf(document.activeElement);
  if (by > 0 && at === known.length - 1 && rel) { location.assign(rel.href); return; }
  const next = known[Math.min(known.length - 1, Math.max(0, at + by))];
  next.focus();
  next.closest("tr").scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  n: () => (document.getElementById("note") || document.getElementById("remarks"))?.focus(),
  t: () => document.getElementById("tags")?.focus(),
  f: () => document.querySelector(".filters select, .filters input")?.focus(),
};

addEventListener("keydown", (key) => {
  if (key.target.matches("input, textarea, select") || key.ctrlKey || key.metaKey || key.altKey) return;
  const leading = key.timeStamp - led < LEADS_MS;
  led = -Infinity;
  if (leading && PAGES[key.key]) location.assign(PAGES[key.key]);
  else if (key.key === "g") led = key.timeStamp;
  else if (KEYS[key.key]) { key.preventDefault(); KEYS[key.key](); }
});
