/**
 * Sealing and opening datagrams: the wasm core alone, and with the runtime's AES for the blocks of long ones, against
 * OpenSSL (AES instructions of the CPU, if `openssl` is installed) and against @noble/ciphers, all measured in this run;
 * ratios are what counts. The second table looks for timing that depends on secrets, in the way of dudect (Reparaz, Balasch,
 * Verbauwhede 2017). No assertions.
 */
import { ecb } from "@noble/ciphers/aes.js";
import { loadCore } from "../wasm-core/load.ts";

const SIZES = [100, 1300];
/** Budget of the design, in µs a datagram, sealing and opening. */
const BUDGET: Readonly<Record<number, string>> = { 100: "0.3 / 0.55", 1300: "2.2 / 4.2" };
const ROUNDS = 15;
const ROUND_MS = 60;

const core = await loadCore();
const key = crypto.getRandomValues(new Uint8Array(16));
const zeroKey = new Uint8Array(16);

/** Nanoseconds a call: the best of many short rounds, which is the figure least disturbed by other programs. */
function nanoseconds(operation: () => void): number {
  const warm = Bun.nanoseconds() + 4e8;
  let calls = 0;
  while (Bun.nanoseconds() < warm) {
    for (let n = 0; n < 100; n++) operation();
    calls += 100;
  }
  const round = Math.max(10, Math.ceil(((calls / 4e8) * ROUND_MS * 1e6) / 2));
  let best = Number.POSITIVE_INFINITY;
  for (let n = 0; n < ROUNDS; n++) {
    const started = Bun.nanoseconds();
    for (let call = 0; call < round; call++) operation();
    best = Math.min(best, (Bun.nanoseconds() - started) / round);
  }
  return best;
}

/** Nanoseconds an OCB seal of OpenSSL takes without setting a key, or undefined if there is no openssl: the best of three. */
function openssl(size: number): number | undefined {
  if (Bun.which("openssl") === null) return undefined;
  const runs = Array.from({ length: 3 }, () => opensslOnce(size));
  return runs.every((ns) => ns !== undefined) ? Math.min(...runs) : undefined;
}

function opensslOnce(size: number): number | undefined {
  const run = Bun.spawnSync([
    "openssl",
    "speed",
    "-mr",
    "-seconds",
    "1",
    "-bytes",
    `${size}`,
    "-evp",
    "aes-128-ocb",
  ]);
  const bytesPerSecond = Number(/^\+F:\d+:AES-128-OCB:([\d.]+)/m.exec(run.stdout.toString())?.[1]);
  return bytesPerSecond > 0 ? (size / bytesPerSecond) * 1e9 : undefined;
}

const micro = (ns: number | undefined): string => (ns === undefined ? "–" : (ns / 1000).toFixed(3));
const ratio = (ns: number, other: number | undefined): string =>
  other === undefined ? "–" : (ns / other).toFixed(2);

/** What does not change between the two tables: nanoseconds of the peers, by size. */
const peers = new Map(
  SIZES.map((size) => {
    // The blocks an OCB seal needs (text, tag), in one ECB call, which expands the key each time: a floor for an OCB around
    // that library's interface.
    const blocks = new Uint8Array(16 * (Math.ceil(size / 16) + 1));
    const noble = nanoseconds(() => ecb(key, { disablePadding: true }).encrypt(blocks));
    return [size, { noble, openssl: openssl(size) }] as const;
  }),
);

/** A row of the first table. */
function compare(cipher: string, size: number): void {
  const sealer = core.createSealer(key, 0);
  const opener = core.createOpener(key);
  const plaintext = crypto.getRandomValues(new Uint8Array(size));
  const datagram = sealer.seal(plaintext);
  const seal = nanoseconds(() => sealer.seal(plaintext));
  const open = nanoseconds(() => opener.open(datagram));
  const other = peers.get(size)!;
  const columns = [
    micro(seal).padStart(6),
    micro(open).padStart(6),
    micro(other.openssl).padStart(12),
    ratio(seal, other.openssl).padStart(12),
    micro(other.noble).padStart(14),
    ratio(seal, other.noble).padStart(10),
    (BUDGET[size] ?? "").padStart(10),
  ];
  console.log(`${String(size).padStart(5)} bytes, ${cipher.padEnd(13)}  ${columns.join("  ")}`);
  sealer.free();
  opener.free();
}

/** Welch's t of two samples; |t| > 4.5 is dudect's sign of a leak. */
function welch(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const spread = (values: readonly number[], m: number): number =>
    values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1) / values.length;
  return (meanA - meanB) / Math.sqrt(spread(a, meanA) + spread(b, meanB));
}

/** Times two inputs in random order and compares their times, the slowest tenth (interrupts) left out. */
function leak(first: () => void, second: () => void): number {
  const samples: [number[], number[]] = [[], []];
  const order = crypto.getRandomValues(new Uint8Array(40_000));
  for (const coin of order) {
    const which = coin & 1;
    const operation = which === 0 ? first : second;
    const started = Bun.nanoseconds();
    for (let n = 0; n < 8; n++) operation();
    samples[which]!.push(Bun.nanoseconds() - started);
  }
  const all = [...samples[0], ...samples[1]].sort((a, b) => a - b);
  const limit = all[Math.floor(all.length * 0.9)]!;
  return welch(
    samples[0].filter((time) => time <= limit),
    samples[1].filter((time) => time <= limit),
  );
}

/** A row of the second table. */
function look(cipher: string, size: number): string {
  const [zeroText, randomText] = [new Uint8Array(size), crypto.getRandomValues(new Uint8Array(size))];
  const sealer = core.createSealer(key, 0);
  const byText = leak(
    () => sealer.seal(zeroText),
    () => sealer.seal(randomText),
  );
  // Many contexts of both keys side by side: where a context lies in memory costs some nanoseconds and is no secret.
  const contexts = Array.from({ length: 32 }, (_, n) => core.createSealer(n % 2 === 0 ? zeroKey : key, 0));
  let turn = 0;
  const next = (odd: 0 | 1) => {
    turn = (turn + 2) % contexts.length;
    contexts[turn + odd]!.seal(randomText);
  };
  const byKey = leak(
    () => next(0),
    () => next(1),
  );
  for (const handle of [sealer, ...contexts]) handle.free();
  const [text, secret] = [byText.toFixed(1).padStart(5), byKey.toFixed(1).padStart(5)];
  return `${String(size).padStart(5)} bytes, ${cipher.padEnd(13)}  zero or random text ${text}   zero or random key ${secret}`;
}

console.log(
  "µs a datagram                 seal    open  OpenSSL seal  seal/OpenSSL  noble AES only  seal/noble      budget",
);
const looks: string[] = [];
for (const size of SIZES) {
  compare("core alone", size);
  looks.push(look("core alone", size));
}
// Short ones go the same way as before.
const [, LONG = 0] = SIZES;
if (await core.loadRuntimeAes()) {
  compare("runtime's AES", LONG);
  looks.push(look("runtime's AES", LONG));
} else {
  console.log("this runtime has no AES to offer");
}
console.log("\ntiming by secrets, Welch's t (beyond ±4.5 would be a sign of a leak)");
for (const line of looks) console.log(line);
