/**
 * Random program output through Sterna's server to real clients in a real terminal: what the client shows is what the
 * server's terminal holds. The property that tests of the core check without a network, sampled end to end, so that
 * stock's client and a third party's terminal have the last word.
 */
import { afterAll, describe } from "bun:test";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { loadCore } from "../../wasm-core/load.ts";
import type { ScreenState } from "../../wasm-core/screen-state.ts";
import { Home } from "../drivers/home.ts";
import { MAKES, type Make, run, startClient, startServer } from "../drivers/peers-run.ts";
import { Relay, type Weather } from "../drivers/relay.ts";
import type { Cell, Screen } from "../drivers/screen.ts";
import { Tmux } from "../drivers/tmux.ts";
import { until } from "../drivers/wait.ts";
import { peer } from "../peers.ts";
import { Random } from "../wasm-core/random.ts";
import { ends } from "./play.ts";

const home = new Home();
const tmux = new Tmux();
const CHUNKS = 40;
const SEEDS = [11, 12];
const BAD_SEED = 21;

afterAll(async () => {
  await tmux.stop();
  await home.remove();
});

const WORDS = [
  "word",
  "Ελλάς",
  "漢字",
  "e\u0301",
  "o\u0302\u0323x",
  "🚀",
  "한국어",
  "─│┼",
  "ﾊﾝ",
  "~",
  "a b",
] as const;

const WIDE = /[漢🚀한]/u;

/**
 * Output of a program without manners. No questions: their answers would be typed into nothing.
 *
 * @param plainWide wide characters have no background. When half of one is overwritten, stock's client believes that
 *   the other half keeps its background, which no terminal does (D3 of stock, on the user's terminal).
 */
function output(random: Random, cols: number, rows: number, plainWide: boolean): string {
  const word = (): string => {
    const chosen = random.pick(WORDS);
    return plainWide && WIDE.test(chosen) ? `\x1b[49m${chosen}` : chosen;
  };
  const row = (): number => random.between(1, rows + 1);
  const col = (): number => random.between(1, cols + 2);
  const small = (): number => random.below(6);
  const colour = (base: number): string =>
    random.pick([
      `${base + random.below(8)}`,
      `${base + 60 + random.below(8)}`,
      `${base + 8};5;${random.below(256)}`,
      `${base + 8};2;${random.below(256)};${random.below(256)};${random.below(256)}`,
      `${base + 9}`,
    ]);
  const piece = (): string => {
    switch (random.below(16)) {
      case 0:
      case 1:
      case 2:
        return Array.from({ length: random.between(1, 8) }, word).join("");
      case 3:
        return "x".repeat(random.below(cols + 20));
      case 4:
        return "\r\n".repeat(random.below(3));
      case 5:
      case 6:
        return `\x1b[${row()};${col()}H`;
      case 7:
        return `\x1b[${random.pick(["0", "1", "3", "4", "5", "7", "8", "22", "24", "27", colour(30), colour(40)])}m`;
      case 8:
        return `\x1b[0;${colour(30)};${colour(40)}m`;
      case 9:
        return `\x1b[${random.below(3)}${random.pick(["K", "J"])}`;
      case 10:
        return `\x1b[${small()}${random.pick(["A", "B", "C", "D", "E", "F", "G", "d", "X", "b"])}`;
      case 11:
        return `\x1b[${small()}${random.pick(["@", "P", "L", "M", "S", "T"])}`;
      case 12:
        return `\x1b[${random.pick(["", `${random.between(1, rows)};${random.between(1, rows)}`])}r`;
      case 13:
        return random.pick([
          "\x1bM",
          "\x1bD",
          "\x1bE",
          "\x1b7",
          "\x1b8",
          "\t",
          "\b",
          "\x1bH",
          "\x1b[3g",
          "\x1b[Z",
        ]);
      case 14:
        return `\x1b[?${random.pick(["6", "7", "25", "1049", "1048"])}${random.pick(["h", "l"])}`;
      default:
        return random.pick(["\x1b[4h", "\x1b[4l", "\x1b(0lqk\x1b(B", "\x1b#8", "\x1b[!p", "\x1bc"]);
    }
  };
  return Array.from({ length: random.between(5, 25) }, piece).join("");
}

/** A core terminal's state as the client's terminal must show it: wire profile, wide characters once, no wrap flags. */
function expected(state: ScreenState): Screen {
  const lines = state.lines.map((line) => {
    const cells: Cell[] = [];
    let covered = false;
    for (const [count, text, pen = "0", flags = ""] of line === null ? [] : line.slice(1).map(asRun)) {
      for (let i = 0; i < count; i++) {
        if (!covered) {
          const wide = flags.includes("w");
          const shown = text === "" ? " " : flags.includes("f") ? `\u00a0${text}` : text;
          cells.push({ text: shown, width: wide ? 2 : 1, style: pen.replace(/^0;?/, "") });
          covered = wide;
        } else covered = false;
      }
    }
    while (cells.reduce((sum, cell) => sum + cell.width, 0) < state.cols) {
      cells.push({ text: " ", width: 1, style: "" });
    }
    return cells;
  });
  return {
    cols: state.cols,
    rows: state.rows,
    lines,
    cursor: { row: state.cursor[0], col: state.cursor[1] },
    cursorVisible: state.cursor_visible,
    mouse: "",
    title: "",
    exited: undefined,
  };
}

function asRun(run: unknown): [number, string, string?, string?] {
  return run as [number, string, string?, string?];
}

/** Shows the files whose names it reads from a pipe; on `size` writes the terminal's size beside the pipe. */
const READ_AND_SHOW = [
  'stty raw -echo; exec 3<>"$0"',
  'while read name <&3; do case $name in end) exit;; size) stty size >"$0.size";; *) cat "$name";; esac; done',
].join("; ");

interface Course {
  readonly client: Make;
  readonly seed: number;
  /** Chunks of output before each comparison; the program does not wait between them. */
  readonly burst: number;
  readonly weather?: Partial<Weather>;
}

async function runCourse({ client, seed, burst, weather }: Course): Promise<void> {
  const random = new Random(seed);
  const encoder = new TextEncoder();
  let [cols, rows] = [60, 14];
  const fifo = join(home.path, `${client}-${seed}`);
  await run(["mkfifo", fifo], home.env);
  // For both ways, because opening one end alone would block this process until the program opens the other.
  const pipe = openSync(fifo, "r+");
  const server = await startServer("sterna", home, { command: ["sh", "-c", READ_AND_SHOW, fifo] });
  const relay = weather && (await Relay.start({ serverPort: server.port, seed, weather }));
  const target = { port: relay?.port ?? server.port, key: server.key };
  const pane = await startClient(client, tmux, home, target, { cols, rows });
  const terminal = (await loadCore()).createTerminal(cols, rows, "host");
  let shown = "";

  const same = async (): Promise<void> => {
    try {
      await pane.waitForScreen(expected(terminal.inspect()), { ignore: ["title"] });
    } catch (error) {
      throw new Error(`after ${JSON.stringify(shown)}\n${(error as Error).message}`);
    }
  };
  try {
    for (let i = 0; i < CHUNKS; i++) {
      shown = i === 0 ? "\x1bc" : output(random, cols, rows, client === "stock");
      const file = `${client}-${seed}-${i}`;
      home.write(file, shown);
      writeSync(pipe, `${join(home.path, file)}\n`);
      terminal.feed(encoder.encode(shown));
      if (i % burst > 0) continue;
      await same();
      if (!random.oneIn(6)) continue;
      [cols, rows] = [random.between(20, 90), random.between(4, 20)];
      await pane.resize(cols, rows);
      // An empty screen of the new size would not show that the server has it, too.
      await until("the new size to reach the program", () => {
        writeSync(pipe, "size\n");
        const size = `${fifo}.size`;
        return existsSync(size) && readFileSync(size, "utf8").trim() === `${rows} ${cols}`;
      });
      terminal.resize(cols, rows);
      await same();
    }
  } finally {
    terminal.free();
  }
  writeSync(pipe, "end\n");
  await ends({ server, pane });
  closeSync(pipe);
  relay?.close();
}

describe("random output looks the same in the client's terminal as in the server's", () => {
  for (const client of MAKES) {
    for (const seed of SEEDS) {
      peer("tmux", "mosh-client", "mkfifo").concurrent(`${client} client (seed ${seed})`, () =>
        runCourse({ client, seed, burst: 1 }),
      );
    }
    // Differences are then made from, and applied to, whatever earlier screens have been acknowledged or lost.
    peer("tmux", "mosh-client", "mkfifo").concurrent(`${client} client, bad network (seed ${BAD_SEED})`, () =>
      runCourse({
        client,
        seed: BAD_SEED,
        burst: 3,
        weather: { loss: 0.2, delay: 15, jitter: 15, reorder: 0.1, reorderBy: 50, duplicate: 0.1 },
      }),
    );
  }
});
