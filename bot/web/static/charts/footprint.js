// Footprint bars as a series of lightweight-charts, and what is drawn over them. No build step: served as it stands.
//
// Prices are ticks (whole numbers), times whole seconds UTC. A bar is {time, open, high, low, close, delta, volume, poc,
// rows: [[price, sold at the bid, bought at the ask], …]}, lowest price first; one with a time alone is a gap.

const NUMBERS = { bar: 74, row: 11 }, PROFILE = { bar: 16, row: 3 };
const IMBALANCE = 3, IMBALANCE_LEAST = 10;
const MONO = "ui-monospace, 'DejaVu Sans Mono', monospace";

// How much is shown of a bar: every number, only how much, or only where it went.
function detailOf(spacing, row) {
  if (spacing >= NUMBERS.bar && row >= NUMBERS.row) return "numbers";
  return spacing >= PROFILE.bar && row >= PROFILE.row ? "profile" : "candles";
}

// Volume that fills half a cell: one enormous cell must not make all others invisible, so the largest 4 % stand over it.
function capOf(data) {
  const volumes = [];
  for (let i = data.visibleRange.from; i < data.visibleRange.to; i++) {
    for (const row of data.bars[i].originalData.rows) volumes.push(row[1], row[2]);
  }
  volumes.sort((a, b) => a - b);
  return Math.max(1, volumes[Math.floor(volumes.length * 0.96)] || 1);
}

export class Footprint {
  constructor(colours) {
    this.colours = colours;
    this.last = { ms: 0, detail: "", cells: 0 };
    this.data = null;
  }

  renderer() {
    return {
      draw: (target, toY) => {
        const begun = performance.now();
        target.useBitmapCoordinateSpace((scope) => this.paint(scope, toY));
        this.last.ms = performance.now() - begun;
      },
    };
  }

  update(data) { this.data = data; }
  // Two ticks below the low: the bar's sums stand there.
  priceValueBuilder(bar) { return [bar.high, bar.low - 2, bar.close]; }
  isWhitespace(bar) { return bar.rows === undefined; }
  defaultOptions() { return { priceLineVisible: false, lastValueVisible: false, color: "#888888" }; }

  paint({ context: c, horizontalPixelRatio: hx, verticalPixelRatio: vy }, toY) {
    const data = this.data;
    if (!data || !data.visibleRange || !data.bars.length) return;
    const first = data.bars[data.visibleRange.from] || data.bars[0];
    const row = Math.abs(toY(first.originalData.close) - toY(first.originalData.close + 1));
    const detail = detailOf(data.barSpacing, row);
    const k = this.colours(), cap = detail === "candles" ? 1 : capOf(data);
    const place = { c, hx, vy, k, cap, detail, row: row * vy, width: data.barSpacing * hx, y: (price) => toY(price) * vy };
    let cells = 0;
    for (let i = data.visibleRange.from; i < data.visibleRange.to; i++) {
      const { x, originalData: bar } = data.bars[i];
      if (detail === "candles") candle(place, bar, x * hx, 0.7);
      else cells += ladder(place, bar, x * hx);
    }
    this.last.detail = detail;
    this.last.cells = cells;
  }
}

function candle({ c, hx, vy, k, width, y }, bar, x, share) {
  const high = y(bar.high), low = y(bar.low), open = y(bar.open), close = y(bar.close);
  c.fillStyle = bar.close >= bar.open ? k.up : k.down;
  c.fillRect(Math.round(x - hx / 2), high, Math.max(1, hx), low - high || 1);
  const body = Math.max(hx, width * share);
  c.fillRect(x - body / 2, Math.min(open, close), body, Math.max(vy, Math.abs(open - close)));
}

// A thin candle at the left edge, then a cell for each price. Gives the number of cells.
function ladder(place, bar, x) {
  const { c, hx, vy, k, cap, detail, row, width, y } = place;
  const thin = Math.max(3 * hx, width * 0.05), left = x - width * 0.46;
  candle({ ...place, width: thin }, bar, left + thin / 2, 1);
  const from = left + thin + 2 * hx, wide = width * 0.92 - thin - 3 * hx, middle = from + wide / 2, half = wide / 2;
  const numbers = detail === "numbers";
  const size = Math.max(8, Math.min(12, (row / vy) * 0.66, width / hx / 8.6));
  if (numbers) { c.font = `${Math.round(size * vy)}px ${MONO}`; c.textBaseline = "middle"; }
  for (let i = 0; i < bar.rows.length; i++) {
    const [price, bid, ask] = bar.rows[i], centre = y(price), top = centre - row / 2;
    c.fillStyle = k.down;
    c.globalAlpha = bid > cap ? 0.6 : 0.28;
    const sold = half * Math.min(1, bid / cap);
    c.fillRect(middle - sold, top + 0.5, sold, row - 1);
    c.fillStyle = k.up;
    c.globalAlpha = ask > cap ? 0.6 : 0.28;
    c.fillRect(middle, top + 0.5, half * Math.min(1, ask / cap), row - 1);
    c.globalAlpha = 1;
    if (numbers) {
      const [sellers, buyers] = imbalances(bar.rows, i);
      c.fillStyle = k.ink;
      c.textAlign = "right";
      c.fillText((sellers ? "◂" : "") + bid, middle - 4 * hx, centre);
      c.textAlign = "left";
      c.fillText(ask + (buyers ? "▸" : ""), middle + 4 * hx, centre);
      c.fillStyle = k.line;
      c.fillRect(middle - hx / 2, top, hx, row);
    }
    if (price === bar.poc) {
      c.strokeStyle = k.ink;
      c.lineWidth = hx;
      c.strokeRect(from + 0.5, top + 0.5, wide - 1, row - 1);
    }
  }
  if (numbers) {
    const under = y(bar.low - 1.15);
    c.textAlign = "center";
    c.fillStyle = bar.delta >= 0 ? k.up : k.down;
    c.fillText((bar.delta > 0 ? "+" : bar.delta < 0 ? "−" : "") + Math.abs(bar.delta), middle, under);
    c.fillStyle = k.quiet;
    c.fillText("Σ" + bar.volume, middle, under + size * 1.25 * vy);
  }
  return bar.rows.length;
}

// Sellers at a price against buyers one tick above it, and buyers against sellers one tick below.
function imbalances(rows, i) {
  const [price, bid, ask] = rows[i], below = rows[i - 1], above = rows[i + 1];
  const over = (mine, theirs) => mine >= IMBALANCE_LEAST && mine >= IMBALANCE * theirs;
  return [
    above !== undefined && above[0] === price + 1 && over(bid, above[2]),
    below !== undefined && below[0] === price - 1 && over(ask, below[1]),
  ];
}

// What is drawn over or under the bars: `paint` gets where things are.
class Over {
  constructor(colours, order) {
    this.colours = colours;
    const renderer = { draw: (target) => target.useBitmapCoordinateSpace((scope) => this.place(scope)) };
    this.views = [{ zOrder: () => order, renderer: () => renderer }];
  }

  attached({ chart, series }) { this.chart = chart; this.series = series; }
  updateAllViews() {}
  paneViews() { return this.views; }

  place({ context: c, bitmapSize, horizontalPixelRatio: hx, verticalPixelRatio: vy }) {
    const scale = this.chart.timeScale(), half = (scale.options().barSpacing / 2) * hx;
    const x = (time) => { const at = scale.timeToCoordinate(time); return at === null ? null : at * hx; };
    const y = (price) => this.series.priceToCoordinate(price) * vy;
    this.paint({ c, hx, vy, half, x, y, width: bitmapSize.width, height: bitmapSize.height, k: this.colours() });
  }
}

// Entry, stop and target for as long as they held, the stop's moves, the fills.
export class Bracket extends Over {
  constructor(colours, facts, text) { super(colours, "top"); this.facts = facts; this.text = text; }

  autoscaleInfo() {
    const { bracket, fills } = this.facts;
    const prices = [...(bracket ? [bracket.entry, bracket.stop, bracket.target] : []), ...fills.map((one) => one.price)];
    if (!prices.length) return null;
    return { priceRange: { minValue: Math.min(...prices) - 1, maxValue: Math.max(...prices) + 1 } };
  }

  paint(at) {
    const { bracket, fills } = this.facts;
    if (bracket) this.levels(at, bracket);
    if (bracket && this.facts.reached) this.reached(at, bracket, this.facts.reached);
    for (const fill of fills) triangle(at, at.x(fill.time), at.y(fill.price), fill.side === "buy" ? 1 : -1);
  }

  levels(at, bracket) {
    const { c, k, half, x, y } = at, from = x(bracket.from), to = x(bracket.to);
    if (from === null || to === null) return;
    const x0 = from - half, x1 = to + half, entry = y(bracket.entry), stop = y(bracket.stop), target = y(bracket.target);
    c.globalAlpha = 0.1;
    c.fillStyle = k.up;
    c.fillRect(x0, Math.min(entry, target), x1 - x0, Math.abs(target - entry));
    c.fillStyle = k.down;
    c.fillRect(x0, Math.min(entry, stop), x1 - x0, Math.abs(stop - entry));
    c.globalAlpha = 1;
    const wanted = bracket.sent ? "" : " wanted";
    line(at, [[x0, target], [x1, target]], k.up, [6, 3]);
    line(at, [[x0, entry], [x1, entry]], k.ink, []);
    const steps = [[x0, stop]];
    let standing = bracket.stop;
    for (const move of this.facts.stops) {
      const when = x(move.time);
      if (when === null) continue;
      steps.push([when, y(standing)], [when, y(move.price)]);
      standing = move.price;
    }
    steps.push([x1, y(standing)]);
    line(at, steps, k.down, [2, 2]);
    names(at, x0, x1, [
      [target, k.up, this.named("target", bracket.target, bracket.entry) + wanted],
      [entry, k.ink, `entry ${this.text(bracket.entry)}${wanted}`],
      [y(standing), k.down, this.named("stop", standing, bracket.entry) + wanted],
    ]);
  }

  // How far it went against the position and for it: a short mark at the left edge.
  reached({ c, hx, vy, k, half, x, y }, bracket, prices) {
    const from = x(bracket.from);
    if (from === null) return;
    c.strokeStyle = c.fillStyle = k.quiet;
    c.lineWidth = 2 * vy;
    c.font = `${Math.round(10 * vy)}px system-ui, sans-serif`;
    c.textAlign = "left";
    for (const [word, price] of [["MAE", prices.against], ["MFE", prices.for]]) {
      const up = price > bracket.entry;
      c.beginPath();
      c.moveTo(from - half, y(price));
      c.lineTo(from, y(price));
      c.stroke();
      c.textBaseline = up ? "bottom" : "top";
      c.fillText(word, from - half + 2 * hx, y(price) + (up ? -3 : 3) * vy);
    }
  }

  named(word, price, entry) {
    const away = price - entry;
    return `${word} ${this.text(price)} ${away < 0 ? "−" : "+"}${Math.abs(away)}`;
  }
}

function line({ c, hx, vy }, points, colour, dash) {
  c.strokeStyle = colour;
  c.lineWidth = 2 * vy;
  c.setLineDash(dash.map((one) => one * hx));
  c.beginPath();
  points.forEach(([px, py], i) => (i ? c.lineTo(px, py) : c.moveTo(px, py)));
  c.stroke();
  c.setLineDash([]);
}

// Names of lines behind their right end: at the left they would hide the cells that were the evidence. Those of lines
// that are near each other move apart.
function names({ c, hx, vy, k, width, height }, x0, x1, lines) {
  const high = 17 * vy, apart = high + 2 * vy;
  const sorted = lines.filter(([y]) => y !== null).sort((one, other) => one[0] - other[0]);
  let least = high / 2;
  const places = sorted.map(([y]) => (least = Math.max(y, least) + apart) - apart);
  let most = height - high / 2;
  for (let i = places.length - 1; i >= 0; i--) most = (places[i] = Math.min(places[i], most)) - apart;
  c.font = `600 ${Math.round(11 * vy)}px system-ui, sans-serif`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  c.lineWidth = hx;
  sorted.forEach(([, colour, name], i) => {
    const wide = c.measureText(name).width + 10 * hx, behind = x1 + 4 * hx, top = places[i] - high / 2;
    const left = behind + wide < width ? behind : Math.max(x0 + 4 * hx, Math.min(x1, width) - wide - 4 * hx);
    c.fillStyle = k.raised;
    c.fillRect(left, top, wide, high);
    c.strokeStyle = c.fillStyle = colour;
    c.strokeRect(left, top, wide, high);
    c.fillText(name, left + 5 * hx, places[i]);
  });
}

function triangle({ c, hx, k }, x, y, way, size = 7) {
  if (x === null) return;
  const r = size * hx;
  c.beginPath();
  c.moveTo(x, y - way * r);
  c.lineTo(x - r, y + way * r);
  c.lineTo(x + r, y + way * r);
  c.closePath();
  c.fillStyle = k.ink;
  c.fill();
  c.strokeStyle = k.raised;
  c.lineWidth = 1.5 * hx;
  c.stroke();
}

// The signal's own bar, framed and named, and the other signals seen meanwhile at the foot of their bars.
export class Signals extends Over {
  constructor(colours, facts) { super(colours, "top"); this.facts = facts; }

  paint(at) {
    const { c, hx, vy, k, half, x, width, height } = at, { signal, others } = this.facts;
    const here = x(signal.time);
    if (here !== null && here > -half && here < width + half) {
      c.strokeStyle = k.ink;
      c.lineWidth = 2 * hx;
      c.setLineDash([4 * hx, 3 * hx]);
      const top = 20 * vy; // above it stands its name, which may be wider
      c.strokeRect(here - half, top, 2 * half, height - top - vy);
      c.setLineDash([]);
      c.font = `600 ${Math.round(11 * vy)}px system-ui, sans-serif`;
      c.textAlign = "left";
      c.textBaseline = "top";
      c.fillStyle = k.ink;
      const name = `${signal.name} ${signal.side || ""}`, wide = c.measureText(name).width;
      c.fillText(name, Math.max(2 * hx, Math.min(here - wide / 2, width - wide - 2 * hx)), 5 * vy);
    }
    for (const one of others) {
      const there = x(one.time);
      if (there === null) continue;
      c.globalAlpha = one.outcome === "unused" ? 0.4 : 0.9;
      triangle(at, there, height - 9 * vy, one.side < 0 ? -1 : 1, 4);
      c.globalAlpha = 1;
    }
  }
}

// Hours in which no entry is allowed, hatched.
export class Blackouts extends Over {
  constructor(colours, windows) { super(colours, "bottom"); this.windows = windows; }

  paint({ c, hx, vy, k, half, x, height }) {
    for (const one of this.windows) {
      const from = x(one.from), to = x(one.to);
      if (from === null || to === null) continue;
      const x0 = from - half, x1 = to + half;
      c.save();
      c.beginPath();
      c.rect(x0, 0, x1 - x0, height);
      c.clip();
      c.strokeStyle = k.line;
      c.lineWidth = hx;
      for (let at = x0 - height; at < x1; at += 9 * hx) {
        c.beginPath();
        c.moveTo(at, height);
        c.lineTo(at + height, 0);
        c.stroke();
      }
      c.fillStyle = k.quiet;
      c.font = `600 ${Math.round(11 * vy)}px system-ui, sans-serif`;
      c.textAlign = "left";
      c.textBaseline = "top";
      c.fillText(`closed for ${one.name}`, x0 + 6 * hx, 22 * vy);
      c.restore();
    }
  }
}
