/**
 * What ssh runs as its ProxyCommand: connects to the host, says on standard error which address took the connection
 * (`MOSH IP`), and copies bytes. So the wrapper learns the very address ssh logs in at, whatever names and several
 * addresses the host has.
 */
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { writeText } from "../cli/output.ts";
import { connectFirst } from "./connect.ts";
import { resolveHost } from "./resolve.ts";

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

/** Standard input to the socket. */
function copyIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.on("error", () => socket.end());
    socket.on("finish", () => resolve());
    socket.on("close", () => resolve());
    process.stdin.pipe(socket);
  });
}

/** The socket to standard output. */
function copyOut(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      resolve();
    };
    socket.on("error", () => socket.destroy());
    process.stdout.on("error", () => {
      socket.destroy();
      done();
    });
    socket.on("close", done);
    socket.on("end", () => {
      // An empty write is done when all before it is; then ssh must see the end of file.
      process.stdout.write("", () => {
        try {
          closeSync(1);
        } catch {
          // Closed by the other side already.
        }
        done();
      });
    });
    socket.pipe(process.stdout, { end: false });
  });
}
