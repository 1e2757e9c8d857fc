/** One TCP connection to the first of several addresses that takes it. For the fake proxy and the embedded ssh. */
import { createConnection, type Socket } from "node:net";
import { constants } from "node:os";
import type { SocketAddress } from "../../sys/addrinfo.ts";
import { errorText } from "../../sys/libc.ts";
import { CommandError } from "../cli/errors.ts";

export interface Connection {
  readonly socket: Socket;
  readonly address: SocketAddress;
}

/** Why a connection failed: the system's number and its text. */
interface Failure {
  readonly number: number;
  readonly text: string;
}

function failure(error: NodeJS.ErrnoException): Failure {
  const number = (constants.errno as Record<string, number>)[error.code ?? ""];
  return number === undefined ? { number: 255, text: error.message } : { number, text: errorText(number) };
}

function connectOnce(address: SocketAddress, timeoutMs: number | undefined): Promise<Socket | Failure> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address.address, port: address.port, allowHalfOpen: true });
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            socket.destroy();
            resolve({ number: constants.errno.ETIMEDOUT, text: errorText(constants.errno.ETIMEDOUT) });
          }, timeoutMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      // Until the taker of the socket listens itself, a reset must not end the process.
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      resolve(failure(error));
    });
  });
}

/**
 * Tries the addresses one after the other. The socket is half-open on purpose: its end does not end our writing.
 *
 * @param host the name, for the message
 * @param options.timeoutMs longest wait for one address; undefined: the system's
 * @throws CommandError with the last reason; its status is the system's error number
 */
export async function connectFirst(
  addresses: readonly SocketAddress[],
  host: string,
  program: string,
  options: { timeoutMs?: number | undefined } = {},
): Promise<Connection> {
  let last: { address: SocketAddress; failure: Failure } | undefined;
  for (const address of addresses) {
    const result = await connectOnce(address, options.timeoutMs);
    if (!("number" in result)) return { socket: result, address };
    last = { address, failure: result };
  }
  throw new CommandError(
    `${program}: Could not connect to ${host}, last tried ${last?.address.address}: ${last?.failure.text}`,
    last?.failure.number,
  );
}
