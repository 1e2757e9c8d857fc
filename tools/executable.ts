/**
 * Entry of the single executable that tools/build.ts makes: one binary, many names. The name it was called by chooses
 * the program; an argument chooses it when the executable runs itself again (sys/self.ts).
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
// @ts-expect-error: exists once tools/build.ts has compiled the core
import corePath from "../build/core.wasm" with { type: "file" };
import { PROGRAM_OPTION } from "../sys/self.ts";
import { embedCore } from "../wasm-core/load.ts";

embedCore(corePath as string);

/** argv[0] as the caller wrote it; Bun hides it behind its own name. */
function invokedName(): string {
  try {
    return basename(readFileSync("/proc/self/cmdline", "utf8").split("\0")[0] ?? "");
  } catch {
    return basename(process.argv0);
  }
}

let args = process.argv.slice(2);
const name = invokedName();
let program = name === "mosh-server" || name === "sterna-server" ? "server" : "client";
if (name === "sterna-bench") program = "bench";
if (args[0]?.startsWith(PROGRAM_OPTION)) {
  program = args[0].slice(PROGRAM_OPTION.length);
  args = args.slice(1);
}

if (program === "server") {
  const { main } = await import("../server/main.ts");
  await main(args, name);
} else if (program === "bench") {
  const { main } = await import("../bench/load/main.ts");
  process.exit(await main(args));
} else {
  const { main } = await import("../client/main.ts");
  await main(args, name);
}
