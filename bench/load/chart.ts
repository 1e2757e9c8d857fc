/** Line charts as SVG, drawn here so that a page needs no script. Pure: numbers in, text out. */

export interface Series {
  readonly name: string;
  /** Number of a colour of the page, from 0. */
  readonly color: number;
  /** The weaker of two lines of one colour. */
  readonly dashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Values of y grow by powers. */
  readonly logarithmic?: boolean;
  /** Lines across at these x, such as where measuring begins, each in a colour. */
  readonly verticals?: readonly { readonly x: number; readonly color: number }[];
  /** Marks of the x axis; default: round numbers. */
  readonly xTicks?: readonly (readonly [x: number, label: string])[];
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 50;
/** About so many marks on an axis. */
const TICKS = 6;

export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Round numbers that cover low to high. */
function roundTicks(low: number, high: number): number[] {
  const span = high - low || 1;
  const power = 10 ** Math.floor(Math.log10(span / TICKS));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= TICKS)!;
  const ticks: number[] = [];
  for (let i = Math.floor(low / step); i * step <= high + step * 1e-6; i++) ticks.push(i * step);
  return ticks.filter((tick) => tick >= low - step * 1e-6);
}

/** 1, 2, 5, 10, 20 … of the decades that are in use. */
function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 9 ? inside.filter((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9) : inside;
}

function label(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 10_000) return `${Number((value / 1000).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/** A figure element; empty text if there is nothing to draw. */
export function drawChart(chart: Chart): string {
  const usable = chart.series
    .map((series) => ({
      ...series,
      points: series.points.filter(([, y]) => Number.isFinite(y) && (!chart.logarithmic || y > 0)),
    }))
    .filter(({ points }) => points.length > 0);
  if (usable.length === 0) return "";
  const xs = usable.flatMap(({ points }) => points.map(([x]) => x));
  const ys = usable.flatMap(({ points }) => points.map(([, y]) => y));
  // All charts of a run begin at its start, so that they can be read one below the other.
  const [xLow, xHigh] = [Math.min(0, ...xs), Math.max(...xs)];
  const yHigh = Math.max(...ys) * (chart.logarithmic ? 1.25 : 1.08) || 1;
  const yLow = chart.logarithmic ? Math.min(...ys) / 1.25 : 0;
  const scale = (y: number): number => (chart.logarithmic ? Math.log(y) : y);
  const px = (x: number): number => LEFT + ((x - xLow) / (xHigh - xLow || 1)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number =>
    HEIGHT -
    BOTTOM -
    ((scale(y) - scale(yLow)) / (scale(yHigh) - scale(yLow) || 1)) * (HEIGHT - TOP - BOTTOM);
  const parts: string[] = [];
  for (const y of chart.logarithmic ? logTicks(yLow, yHigh) : roundTicks(0, yHigh)) {
    const at = py(y).toFixed(1);
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text class="y" x="${LEFT - 6}" y="${at}">${label(y)}</text>`,
    );
  }
  const xTicks = chart.xTicks ?? roundTicks(xLow, xHigh).map((x) => [x, label(x)] as const);
  for (const [x, text] of xTicks) {
    if (x < xLow || x > xHigh) continue;
    const at = px(x).toFixed(1);
    parts.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="x" x="${at}" y="${HEIGHT - BOTTOM + 18}">${escapeText(text)}</text>`,
    );
  }
  parts.push(
    `<text class="x" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}">${escapeText(chart.xLabel)}</text>`,
    `<text class="x" transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">${escapeText(chart.yLabel)}</text>`,
  );
  for (const { x, color } of chart.verticals ?? []) {
    if (x < xLow || x > xHigh) continue;
    const at = px(x).toFixed(1);
    parts.push(
      `<line class="line from c${color}" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
    );
  }
  for (const { points, color, dashed } of usable) {
    const path = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
    const only =
      points.length === 1
        ? `<circle class="c${color}" cx="${path.split(",")[0]}" cy="${path.split(",")[1]}" r="3"/>`
        : "";
    parts.push(`<polyline class="line c${color}${dashed ? " dashed" : ""}" points="${path}"/>${only}`);
  }
  const legend = usable
    .map(
      ({ name, color, dashed }) =>
        `<span><i class="b${color}${dashed ? " dashed" : ""}"></i>${escapeText(name)}</span>`,
    )
    .join("");
  return `<figure><figcaption>${escapeText(chart.title)}</figcaption><div class="legend">${legend}</div><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(chart.title)}">${parts.join("")}</svg></figure>`;
}
