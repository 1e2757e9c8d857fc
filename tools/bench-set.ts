/** What `npm run bench` runs without names, and what of it is written into docs/benchmarks.md. Pure. */

export interface Part {
  /** Of the file under bench/. */
  readonly name: string;
  /** Of its place in the page; default: its name. */
  readonly place?: string;
  /** Arguments that make it short. */
  readonly args: readonly string[];
  /** It is stopped then, s. */
  readonly limit: number;
  /** What of its output is written down; default: all. */
  readonly excerpt?: (output: string) => string;
}

export function placeOf({ name, place = name }: Part): string {
  return place;
}

/** The last paragraph of a comparison is the table of ratios; what a reader must be warned of comes with it. */
function ratios(output: string): string {
  const paragraphs = output.trim().split("\n\n");
  const lines = output.split("\n");
  const cautions = lines.filter((line) => line.startsWith("CAUTION:"));
  const failures = new Set(lines.filter((line) => line.startsWith("failed:")));
  const runs = paragraphs.length - 1;
  const caution =
    cautions.length === 0 ? [] : [`${cautions.length} of ${runs} runs, for example: ${cautions[0]}`];
  return [paragraphs.at(-1)!, ...caution, ...failures].join("\n");
}

export const SET: readonly Part[] = [
  { name: "crypto", args: [], limit: 20 },
  { name: "emulator", args: ["--quick", "--ms=40"], limit: 75 },
  { name: "display", args: [], limit: 10 },
  { name: "startup", args: [], limit: 15 },
  { name: "end-to-end", args: ["--quick"], limit: 165 },
  { name: "local-echo", args: ["120"], limit: 25 },
  { name: "loss", args: ["40"], limit: 19 },
  { name: "prediction", args: ["bash", "fish", "vim", "--virtual"], limit: 45 },
  {
    name: "host",
    args: ["create", "flood", "idle", "--idle=1000", "--stock-idle=100", "--warm=5", "--seconds=8"],
    limit: 65,
  },
  {
    name: "load",
    args: [
      ...["--compare", "stock", "host", "--sessions", "200", "--rounds", "2"],
      ...["--warmup", "6", "--duration", "5"],
    ],
    limit: 75,
    excerpt: ratios,
  },
  {
    name: "load",
    place: "load-loss",
    args: [
      ...["--compare", "stock", "host", "--own-clients", "--sessions", "150", "--rounds", "2"],
      ...["--warmup", "4", "--duration", "5", "--impair", "delay=50,loss=29%"],
    ],
    limit: 85,
    excerpt: ratios,
  },
];
