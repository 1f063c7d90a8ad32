// The chart of one story: reads the page's facts, draws them, and lets keys and buttons move it.
import { HistogramSeries, createChart } from "./lightweight-charts.js";
import { Blackouts, Bracket, Footprint, Signals } from "./footprint.js";

const WIDEST = 110, NARROWEST = 30, LABELS = 190;
const AXIS_MAX = 20000;
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", dateStyle: "medium", timeStyle: "medium" });

// The page's own colours, read anew when the theme changes.
function palette() {
  let known = null;
  const read = () => {
    const style = getComputedStyle(document.documentElement);
    const names = ["up", "down", "ink", "quiet", "line", "raised"];
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  };
  const colours = () => (known ??= read());
  colours.forget = () => { known = null; };
  return colours;
}

// Every bar's place on the axis, also where none was kept.
function points(facts) {
  const known = new Map(facts.bars.map((bar) => [bar.time, bar]));
  const first = facts.bars[0].time;
  if ((facts.until - first) / facts.step > AXIS_MAX) return facts.bars;
  const axis = [];
  for (let time = first; time <= facts.until; time += facts.step) axis.push(known.get(time) || { time });
  return axis;
}

function options(k) {
  const at = (time) => exact.format(time * 1000);
  return {
    layout: { background: { color: k.raised }, textColor: k.quiet, attributionLogo: false, panes: { separatorColor: k.line } },
    grid: { vertLines: { visible: false }, horzLines: { color: k.line } },
    rightPriceScale: { borderColor: k.line },
    timeScale: {
      borderColor: k.line, timeVisible: true, secondsVisible: false, minBarSpacing: 0.5,
      tickMarkFormatter: (time) => clock.format(time * 1000),
    },
    localization: { timeFormatter: at },
    crosshair: { mode: 0 },
  };
}

const tinted = (bar, k) => ({ time: bar.time, value: bar.delta, color: bar.delta >= 0 ? k.up : k.down });

// Draws `facts` into an element. Gives the chart and its series, for whoever wants to move or measure it.
export function draw(place, facts) {
  const colours = palette(), axis = points(facts), bars = facts.bars;
  const digits = (facts.tick.split(".")[1] || "").length, tick = Number(facts.tick);
  const text = (ticks) => (Math.round(ticks) * tick).toFixed(digits);
  const chart = createChart(place, { autoSize: true, ...options(colours()) });
  const footprint = new Footprint(colours);
  const series = chart.addCustomSeries(footprint, { priceFormat: { type: "custom", minMove: 1, formatter: text } });
  series.setData(axis);
  const delta = chart.addSeries(HistogramSeries, { priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false }, 1);
  delta.setData(bars.map((bar) => tinted(bar, colours())));
  chart.panes()[1].setHeight(84);
  series.attachPrimitive(new Blackouts(colours, facts.blackouts));
  series.attachPrimitive(new Bracket(colours, facts, text));
  series.attachPrimitive(new Signals(colours, facts));
  const all = () => fit(chart, place, axis, facts.signal.time);
  all();
  repaintWithTheTheme(() => {
    colours.forget();
    chart.applyOptions(options(colours()));
    delta.setData(bars.map((bar) => tinted(bar, colours())));
  });
  return { chart, series, footprint, text, all };
}

// As many bars as can be read, with room behind the last one for the levels' names; of more, those about the signal.
function fit(chart, place, axis, signal) {
  const width = Math.max(120, place.clientWidth - 70), room = Math.min(LABELS, width * 0.4), free = width - room;
  const spacing = Math.min(WIDEST, Math.max(NARROWEST, free / axis.length)), shown = width / spacing;
  const spare = free / spacing - axis.length;
  const from = spare >= 0 ? -0.5 - spare / 2 : axis.findIndex((bar) => bar.time === signal) - shown * 0.3;
  chart.timeScale().setVisibleLogicalRange({ from, to: from + shown });
}

function repaintWithTheTheme(repaint) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true });
}

// The bar under the pointer or the finger, in words.
function tellBar(told, drawn) {
  drawn.chart.subscribeCrosshairMove((at) => {
    const bar = at.time === undefined ? undefined : at.seriesData.get(drawn.series);
    const { text } = drawn;
    told.textContent = bar && bar.rows
      ? `${clock.format(bar.time * 1000)}  ${text(bar.open)} ${text(bar.high)} ${text(bar.low)} ${text(bar.close)}  Σ${bar.volume}  Δ${bar.delta}`
      : "";
  });
}

// One bar price by price: the signal's at first, then the one that is chosen in the table or on the chart.
function cellsOf(bars, text) {
  const box = document.getElementById("one-bar"), body = box?.querySelector("tbody");
  const known = new Map(bars.map((bar) => [bar.time, bar]));
  const cell = (words) => Object.assign(document.createElement("td"), { className: "n", textContent: words });
  const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value);
  return (time) => {
    const bar = known.get(time);
    if (!bar || !body) return;
    box.querySelector("summary").textContent = `The bar of ${clock.format(time * 1000)}, price by price`;
    body.replaceChildren(...bar.rows.toReversed().map(([price, bid, ask]) => {
      const row = document.createElement("tr");
      row.append(cell(text(price)), cell(bid), cell(ask), cell(signed(ask - bid)));
      return row;
    }));
    box.open = true;
  };
}

function chooseBars(drawn, show) {
  drawn.chart.subscribeClick((at) => { if (at.time !== undefined) show(at.time); });
  for (const row of document.querySelectorAll("#bars tr[data-time]")) {
    const first = row.cells[0], button = document.createElement("button");
    button.type = "button";
    button.textContent = first.textContent;
    button.addEventListener("click", () => { show(Number(row.dataset.time)); document.querySelector("#one-bar summary")?.focus(); });
    first.replaceChildren(button);
  }
}

const MOVES = {
  in: (scale) => scale.applyOptions({ barSpacing: scale.options().barSpacing * 1.25 }),
  out: (scale) => scale.applyOptions({ barSpacing: scale.options().barSpacing / 1.25 }),
  left: (scale) => scale.scrollToPosition(scale.scrollPosition() - 3, false),
  right: (scale) => scale.scrollToPosition(scale.scrollPosition() + 3, false),
};
const KEYS = { "+": "in", "-": "out" };

function moved(drawn, what) {
  if (what === "all") drawn.all();
  else MOVES[what](drawn.chart.timeScale());
}

const place = document.getElementById("chart");
if (place) {
  const begun = performance.now();
  const facts = JSON.parse(document.getElementById("chart-facts").textContent), drawn = draw(place, facts);
  chooseBars(drawn, cellsOf(facts.bars, drawn.text));
  tellBar(document.getElementById("chart-state"), drawn);
  for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => moved(drawn, button.dataset.do));
  addEventListener("keydown", (key) => {
    if (key.target.matches("input, textarea, select") || key.ctrlKey || key.metaKey || key.altKey) return;
    if (KEYS[key.key]) moved(drawn, KEYS[key.key]);
  });
  place.drawn = drawn;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    place.dataset.ms = Math.round(performance.now() - begun);
    place.dataset.detail = drawn.footprint.last.detail;
  }));
}
