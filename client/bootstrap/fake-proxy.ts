/**
 * What ssh runs as its ProxyCommand: connects to the host, says on standard error which address took the connection
 * (`MOSH IP`), and copies bytes. So the wrapper learns the very address ssh logs in at, whatever names and several
 * addresses the host has.
 */
import { closeSync, write } from "node:fs";
import type { Socket } from "node:net";
import { writeText } from "../cli/output.ts";
import { connectFirst } from "./connect.ts";
import { resolveHost } from "./resolve.ts";

const STDOUT = 1;
/** Pause before the next try while the output is full and does not block. */
const RETRY_MS = 2;

/**
 * Runs until both directions have ended.
 *
 * @returns the exit status
 * @throws CommandError if no address takes the connection
 */
export async function runFakeProxy(
  target: { host: string; port: string; family: string },
  program: string,
): Promise<number> {
  // ssh hangs up on its proxy when it ends; the data still on the way is to arrive all the same.
  process.on("SIGHUP", () => {});
  const addresses = resolveHost(target.host, target.port, target.family, program);
  const { socket, address } = await connectFirst(addresses, target.host, program);
  writeText(2, `MOSH IP ${address.address}\n`);
  socket.setNoDelay(true);
  await Promise.all([copyIn(socket), copyOut(socket)]);
  return 0;
}

/** Standard input to the socket. Not by pipe(), which would make the copies of descriptors that copyOut must not have. */
function copyIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.on("data", (chunk: Buffer) => {
      if (!socket.write(chunk)) process.stdin.pause();
    });
    socket.on("drain", () => process.stdin.resume());
    process.stdin.on("end", () => socket.end());
    process.stdin.on("error", () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.on("finish", resolve);
    socket.on("close", resolve);
  });
}

/**
 * The socket to standard output, whose end ssh must see while our input is still open: so the descriptor is written and
 * closed directly (process.stdout would keep a copy of it).
 */
async function copyOut(socket: Socket): Promise<void> {
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      await writeAll(chunk);
    }
  } catch {
    // The host reset the connection, or ssh has gone: either way there is nothing more to copy.
    socket.destroy();
  }
  try {
    closeSync(STDOUT);
  } catch {
    // Closed by the other side already.
  }
}

/** @throws Error if the reader has gone */
async function writeAll(bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await writeSome(rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await Bun.sleep(RETRY_MS);
    }
  }
}

function writeSome(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STDOUT, bytes, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
