/**
 * `attach --here`: a session on the terminal this program was started from, over a stream of this machine. For where
 * UDP is blocked, and for looking at a session from the machine it runs on. Called by commands.ts.
 */
import { libc } from "../../sys/libc.ts";
import { STDERR, STDOUT, writeText } from "../stdio.ts";
import { EscapeFilter } from "./escape-filter.ts";
import type { Size } from "./messages.ts";
import { openStream } from "./stream.ts";

const STDIN = 0;
const TCSADRAIN = 1;
/** struct termios of the C library, with room to spare. */
const TERMIOS_BYTES = 256;

/** Shows the session until it ends or the person leaves. Returns the exit status. */
export async function showHere(
  stream: { readonly path: string; readonly token: string },
  size: Size,
): Promise<number> {
  const saved = new Uint8Array(TERMIOS_BYTES);
  if (libc().tcgetattr(STDIN, saved) !== 0) {
    writeText(STDERR, "sterna-server: --here wants a terminal on standard input\n");
    return 1;
  }
  const session = await openStream(stream.path, stream.token, size);
  const raw = saved.slice();
  libc().cfmakeraw(raw);
  libc().tcsetattr(STDIN, TCSADRAIN, raw);
  const completion = Promise.withResolvers<string>();
  const finish = (reason: string): void => completion.resolve(reason);
  session.onOutput = (bytes) => {
    // A terminal that does not read holds frames back, not the session.
    if (!process.stdout.write(bytes)) {
      session.pause();
      process.stdout.once("drain", () => session.resume());
    }
  };
  session.onEnded = finish;
  const keys = new EscapeFilter();
  process.stdin.on("data", (bytes: Buffer) => {
    const { pass, leave } = keys.filter(bytes);
    session.keys(pass);
    if (leave) session.close();
  });
  process.stdin.on("end", () => session.close());
  process.on("SIGWINCH", () => {
    const { columns, rows } = process.stdout;
    if (columns && rows) session.resize({ cols: columns, rows });
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => session.close());
  const reason = await completion.promise;
  libc().tcsetattr(STDIN, TCSADRAIN, saved);
  writeText(STDOUT, `\r\n[sterna: ${reason}]\r\n`);
  return 0;
}
