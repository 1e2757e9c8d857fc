/** A run, or several beside each other, as one page that needs nothing else: no script, no font, no picture. Pure. */

import { drawChart, escapeText, type Series } from "./chart.ts";
import { type Comparison, ratioRows } from "./compare.ts";
import { byteText, type LoadReport, ms } from "./report.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2128;--soft:#5b6572;--rule:#d8dde3;--ground:#fff;--tile:#f4f6f8;--c0:#0b62a8;--c1:#c4501b;--c2:#2f7d4f;--c3:#7a4fa3;--warn:#8a4b00;--warnground:#fff3dc}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa5b1;--rule:#343c46;--ground:#14181d;--tile:#1d232a;--c0:#6cb2f0;--c1:#f0925f;--c2:#72c795;--c3:#bd97e3;--warn:#ffd28a;--warnground:#3a2c10}}
body{margin:0 auto;max-width:1180px;padding:28px 20px 60px;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:25px;margin:0 0 2px;line-height:1.25}h2{font-size:17px;margin:34px 0 8px}p{margin:4px 0;color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}
td,th{padding:5px 10px;text-align:right;border-bottom:1px solid var(--rule);font-weight:400}th{color:var(--soft)}td{white-space:nowrap}td:first-child,th:first-child{text-align:left;padding-left:0;white-space:normal}
.scroll{overflow-x:auto}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:22px;margin-top:26px}
figure{margin:0}figcaption{font-weight:600;font-size:15px}svg{width:100%;height:auto;display:block}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--soft);min-height:20px}.legend i{display:inline-block;width:18px;height:0;border-top:2.5px solid;margin-right:6px;vertical-align:middle}.legend i.dashed{border-top-style:dashed}
svg text{font-size:13.5px;fill:var(--soft)}.y{text-anchor:end;dominant-baseline:middle}.x{text-anchor:middle}.grid{stroke:var(--rule);stroke-width:.7}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:5 4;opacity:.8}.from{stroke-width:1.2;stroke-dasharray:1.5 3}
${[0, 1, 2, 3].map((n) => `.line.c${n}{stroke:var(--c${n})}circle.c${n}{fill:var(--c${n})}.b${n}{border-color:var(--c${n})!important}`).join("")}
.caution{background:var(--warnground);color:var(--warn);padding:8px 12px;border-radius:6px;margin:14px 0}
code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
`;

/** Marks of a latency curve, whose x is how many nines. */
const NINES: readonly (readonly [number, string])[] = [
  [0, "0 %"],
  [Math.log10(2), "50 %"],
  [1, "90 %"],
  [2, "99 %"],
  [3, "99.9 %"],
  [4, "99.99 %"],
  [5, "99.999 %"],
];
const COLORS = 4;

/**
 * @param reports the runs to show, one color each
 * @param title what it is about, for the heading
 * @param command how to have it again
 */
export function reportPage(
  reports: readonly LoadReport[],
  title: string,
  command: string,
  comparison?: Comparison,
): string {
  const [first] = reports;
  if (!first) throw new Error("a page needs a report");
  const { machine } = first;
  const body = [
    `<h1>${escapeText(title)}</h1>`,
    `<p>${escapeText(first.date.replace("T", " ").replace(/\..*/, " UTC"))} · ${escapeText(machine.processor)}, ${machine.cores} cores, ${byteText(machine.memoryBytes)} · ${escapeText(machine.system)}</p>`,
    `<p><code>${escapeText(command)}</code></p>`,
    ...cautions(reports),
    ...(comparison ? [ratioTable(comparison)] : []),
    `<div class="charts">${charts(reports).join("")}</div>`,
    figures(reports, comparison ? "Figures of the last round" : "Figures"),
    distributions(reports),
    failures(reports),
    `<h2>How it was measured</h2><p>Each session is a whole client of the protocol. <em>Key to screen</em>: from the key to the frame whose screen shows it. <em>Key to echo ack</em>: to the server’s own word that the key has had its effect, for which servers wait 50 ms. A key is struck when it is due, whether or not the one before was answered; one that was put off because 60 were without an answer, and one that was never answered, count with all the time they waited. Quantiles are within 0.5 %. Memory is what only the servers’ processes have, without the programs in the sessions.</p>`,
  ];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeText(title)}</title><style>${STYLE}</style><body>${body.join("\n")}</body></html>\n`;
}

function cautions(reports: readonly LoadReport[]): string[] {
  return reports
    .filter((report) => report.generator.bottleneck !== undefined)
    .map(
      (report) =>
        `<p class="caution">Caution: while ${escapeText(report.server)} was measured, ${escapeText(report.generator.bottleneck!)}. Its figures are not the server’s alone.</p>`,
    );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join("")}</tr>`;
  return `<div class="scroll"><table>${line(head, "th")}${rows.map((row) => line(row, "td")).join("")}</table></div>`;
}

function ratioTable(comparison: Comparison): string {
  const { a, b } = comparison;
  return `<h2>${escapeText(b)} over ${escapeText(a)}</h2>${table(["less than 1 is less of it", a, b, "ratio", "least to most of the rounds"], ratioRows(comparison))}`;
}

function figures(reports: readonly LoadReport[], heading: string): string {
  const rows: [string, (report: LoadReport) => string][] = [
    ["sessions, of those asked for", ({ sessions }) => `${sessions.live} / ${sessions.asked}`],
    ["key to screen, median", ({ keyToScreen }) => `${ms(keyToScreen.p50)} ms`],
    ["key to screen, 99th percentile", ({ keyToScreen }) => `${ms(keyToScreen.p99)} ms`],
    ["keys typed, without an echo", ({ keys, unanswered }) => `${keys}, ${unanswered}`],
    ["first datagram to first frame, median", ({ connect }) => `${ms(connect.p50)} ms`],
    ["creating a session, median", ({ creation }) => `${ms(creation.p50)} ms`],
    ["processor time of the servers a key", ({ processes }) => `${processes.cpuPerKey.toFixed(0)} µs`],
    [
      "private memory of the servers a session",
      ({ processes }) => byteText(processes.privateBytesPerSession),
    ],
    ["processes", ({ processes }) => String(processes.count)],
    ["sent by clients", ({ traffic }) => `${byteText(traffic.bytesOut)}, ${traffic.datagramsOut} datagrams`],
    [
      "received by clients",
      ({ traffic }) => `${byteText(traffic.bytesIn)}, ${traffic.datagramsIn} datagrams`,
    ],
    [
      "retransmissions of clients; repeats of servers",
      ({ traffic }) => `${traffic.retransmissions}; ${traffic.repeatsIn}`,
    ],
    [
      "on the way: lost, dropped by the queue, doubled, overtaken, in the dark",
      ({ network }) =>
        [network.lost, network.overflowed, network.duplicated, network.reordered, network.dark].join(", "),
    ],
    ["the generator’s own share of a core", ({ generator }) => `${(generator.cpuShare * 100).toFixed(0)} %`],
  ];
  if (reports.every(({ network }) => network.sent === 0))
    rows.splice(
      rows.findIndex(([name]) => name.startsWith("on the way")),
      1,
    );
  if (reports.some((report) => report.brokeAt !== undefined))
    rows.push([
      "sessions when the limit was exceeded",
      ({ brokeAt }) => (brokeAt === undefined ? "never" : String(brokeAt)),
    ]);
  return `<h2>${heading}</h2>${table(
    [`${first(reports).seconds.toFixed(0)} s measured`, ...reports.map((report) => report.server)],
    rows.map(([name, value]) => [name, ...reports.map(value)]),
  )}`;
}

function first(reports: readonly LoadReport[]): LoadReport {
  return reports[0]!;
}

function charts(reports: readonly LoadReport[]): string[] {
  const each = (make: (report: LoadReport, color: number) => Series[]): Series[] =>
    reports.flatMap((report, index) => make(report, index % COLORS));
  const verticals = reports.flatMap((report, index) => {
    const first = report.timeline.find(({ phase }) => phase === "run");
    return first ? [{ x: Math.max(0, first.second - 1), color: index % COLORS }] : [];
  });
  const over = (report: LoadReport, value: (moment: LoadReport["timeline"][number]) => number | undefined) =>
    report.timeline.map((moment) => [moment.second, value(moment) ?? Number.NaN] as const);
  return [
    drawChart({
      title: "Latency: key to screen, and to echo ack (dashed)",
      xLabel: "share of keys that took no longer",
      yLabel: "ms",
      logarithmic: true,
      xTicks: NINES,
      series: each((report, color) => [
        { name: report.server, color, points: nines(report.keyToScreen.curve) },
        { name: `${report.server}, echo ack`, color, dashed: true, points: nines(report.keyToAck.curve) },
      ]),
    }),
    drawChart({
      title: "Key to screen by the second: 99th percentile, and median (dashed)",
      xLabel: "seconds since the start; what is right of a dotted line counts",
      verticals,
      yLabel: "ms",
      logarithmic: true,
      series: each((report, color) => [
        { name: `${report.server}, 99 %`, color, points: over(report, ({ p99 }) => p99) },
        { name: "median", color, dashed: true, points: over(report, ({ p50 }) => p50) },
      ]),
    }),
    drawChart({
      title: "Private memory of the servers",
      xLabel: "seconds since the start; what is right of a dotted line counts",
      verticals,
      yLabel: "MB",
      series: each((report, color) => [
        {
          name: report.server,
          color,
          points: over(report, ({ privateBytes }) =>
            privateBytes === undefined ? undefined : privateBytes / 1e6,
          ),
        },
      ]),
    }),
    drawChart({
      title: "Processor time of the servers",
      xLabel: "seconds since the start; what is right of a dotted line counts",
      verticals,
      yLabel: "% of a core",
      series: each((report, color) => [
        {
          name: report.server,
          color,
          points: over(report, ({ cores }) => (cores === undefined ? undefined : cores * 100)),
        },
      ]),
    }),
    drawChart({
      title: "Sessions that are up",
      xLabel: "seconds since the start; what is right of a dotted line counts",
      verticals,
      yLabel: "sessions",
      series: each((report, color) => [
        { name: report.server, color, points: over(report, ({ sessions }) => sessions) },
      ]),
    }),
    drawChart({
      title: "Keys shown a second",
      xLabel: "seconds since the start; what is right of a dotted line counts",
      verticals,
      yLabel: "keys",
      series: each((report, color) => [
        { name: report.server, color, points: over(report, ({ keys }) => keys) },
      ]),
    }),
  ].filter((chart) => chart !== "");
}

function nines(curve: LoadReport["keyToScreen"]["curve"]): (readonly [number, number])[] {
  return curve.map(([share, value]) => [-Math.log10(1 - share), value] as const);
}

function distributions(reports: readonly LoadReport[]): string {
  const rows = reports.flatMap((report) => {
    const row = (name: string, spread: LoadReport["connect"]): string[] => [
      reports.length > 1 ? `${report.server}: ${name}` : name,
      String(spread.count),
      ...[spread.mean, spread.p50, spread.p90, spread.p99, spread.p999, spread.max].map(ms),
    ];
    return [
      row("key to screen", report.keyToScreen),
      ...Object.entries(report.behaviours)
        .filter(
          ([, { keyToScreen }]) => keyToScreen.count > 0 && keyToScreen.count < report.keyToScreen.count,
        )
        .map(([name, { keyToScreen }]) => row(`of ${name} sessions`, keyToScreen)),
      row("key to echo ack", report.keyToAck),
      row("first datagram to first frame", report.connect),
      row("creating a session", report.creation),
      row("lateness of the generator’s own timers", report.generator.lateness),
    ];
  });
  return `<h2>Distributions, ms</h2>${table(["", "count", "mean", "p50", "p90", "p99", "p99.9", "max"], rows)}`;
}

function failures(reports: readonly LoadReport[]): string {
  const rows = reports.flatMap((report) =>
    Object.entries(report.sessions.failures).map(([reason, count]) => [reason, report.server, String(count)]),
  );
  return rows.length === 0 ? "" : `<h2>Failures</h2>${table(["reason", "server", "sessions"], rows)}`;
}
