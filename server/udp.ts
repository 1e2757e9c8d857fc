/**
 * The server's UDP socket: finds a free port, sets the options, sends without ever throwing, tells received congestion
 * marks. It knows no protocol. Opened by standalone.ts, used by hub.ts.
 */

import { rawSocketAddress } from "../sys/addrinfo.ts";
import { FLAG_REUSE_PORT, sharePort, sortByCongestionMark } from "../sys/ecn.ts";
import { errno, errorText, libc } from "../sys/libc.ts";
import { setUdpOptions } from "../sys/udp-options.ts";
import { DEFAULT_PORTS, isNumericAddress, type PortRange } from "./address.ts";

const EAGAIN = 11;
const EMSGSIZE = 90;
/** The first answer of a passive lookup on Linux; stock's "any interface" therefore means IPv4. */
const ANY_ADDRESS = "0.0.0.0";

/** Why a datagram did not leave, and the system's words for it. */
export interface SendFailure {
  readonly kind: "emsgsize" | "other";
  readonly text: string;
}

/** Where a datagram goes. */
interface Destination {
  readonly address: string;
  readonly port: number;
  raw?: Uint8Array | undefined;
}

export interface UdpEvents {
  /** A datagram; `congested`: a router on its way marked it "congestion experienced". */
  datagram(bytes: Uint8Array, address: string, port: number, congested: boolean): void;
  /** An error that came by itself, such as an ICMP answer. */
  error(failure: SendFailure): void;
  /** What `datagram` threw: a mistake of ours. The socket goes on. */
  fault?(error: Error): void;
}

/** What is used of Bun's socket; its type declarations lack `fd` and `flags`. */
interface BunSocket {
  readonly fd: number;
  readonly port: number;
  close(): void;
}

/** No socket could be bound. The messages that say why were reported on the way. */
export class BindError extends Error {
  override readonly name = "BindError";
}

export class UdpSocket {
  readonly #main: BunSocket;
  /** Gets the datagrams with a congestion mark; missing where the kernel cannot sort them. */
  readonly #congested: BunSocket | undefined;
  readonly family: "inet" | "inet6";
  readonly #fd: number;
  #closed = false;

  private constructor(main: BunSocket, congested: BunSocket | undefined, family: "inet" | "inet6") {
    this.#main = main;
    this.#fd = main.fd;
    this.#congested = congested;
    this.family = family;
  }

  get port(): number {
    return this.#main.port;
  }

  /** Congestion marks are seen. */
  get seesCongestion(): boolean {
    return this.#congested !== undefined;
  }

  /**
   * Binds to the address, if one is given and can be bound, else to any interface.
   * @param ports undefined: the default range
   * @param report takes one line about each attempt that failed
   * @param shared other processes of this user may bind the same port; the kernel then shares out what arrives
   * @throws BindError
   */
  static async open(
    address: string | undefined,
    ports: PortRange | undefined,
    events: UdpEvents,
    report: (line: string) => void,
    shared = false,
  ): Promise<UdpSocket> {
    const range = ports ?? DEFAULT_PORTS;
    if (address !== undefined) {
      const bound = await bindInRange(address, range, events, report, shared);
      if (bound instanceof UdpSocket) return bound;
      report(`Error binding to IP ${address}: ${bound}`);
    }
    const bound = await bindInRange(ANY_ADDRESS, range, events, report, shared);
    if (bound instanceof UdpSocket) return bound;
    report(`Error binding to any interface: ${bound}`);
    report(`Network exception: ${bound}`);
    throw new BindError(bound);
  }

  /** Called by {@link open} for one address and port. */
  static async bind(address: string, port: number, events: UdpEvents, shared: boolean): Promise<UdpSocket> {
    const main = await createSocket(address, port, events, { shared, congested: false });
    const family = address.includes(":") ? "inet6" : "inet";
    if (!setUdpOptions(main.fd, family)) {
      main.close();
      throw new Error("IP_MTU_DISCOVER: not supported");
    }
    // The sorting would send everybody's datagrams to this process: where the port is shared, marks are not seen.
    const congested = shared ? undefined : await openCongestedSocket(main, address, events);
    return new UdpSocket(main, congested, family);
  }

  /**
   * Never throws: a datagram that cannot leave is lost, as on any network, and the failure returned. Not by the runtime's
   * socket, which parses the address each time and costs twice as much.
   * @param peer keeps its address as the system wants it
   */
  send(datagram: Uint8Array, peer: Destination): SendFailure | undefined {
    if (this.#closed) return undefined;
    peer.raw ??= this.#rawAddress(peer);
    const to = peer.raw;
    if (!to) return { kind: "other", text: `sendto: ${peer.address} is no ${this.family} address` };
    const { sendto } = libc();
    if (sendto(this.#fd, datagram, datagram.length as never, 0, to, to.length) >= 0) return undefined;
    // The kernel reports what an earlier datagram met (ICMP) by failing the next send, which then has not left. The
    // report is used up now, so a second try tells whether this datagram can go.
    if (sendto(this.#fd, datagram, datagram.length as never, 0, to, to.length) >= 0) return undefined;
    const number = errno();
    // A zone (`%eth0`) is the number of an interface here, and an interface that comes back has another.
    peer.raw = undefined;
    // As lost as in any other full queue.
    if (number === EAGAIN) return undefined;
    return { kind: number === EMSGSIZE ? "emsgsize" : "other", text: `sendto: ${errorText(number)}` };
  }

  #rawAddress({ address, port }: Destination): Uint8Array | undefined {
    const raw = rawSocketAddress(address, this.family);
    if (!raw) return undefined;
    raw[2] = port >> 8;
    raw[3] = port;
    return raw;
  }

  close(): void {
    this.#closed = true;
    this.#congested?.close();
    this.#main.close();
  }
}

/** Tries each port of the range upwards. A string says why the last one failed. */
async function bindInRange(
  address: string,
  range: PortRange,
  events: UdpEvents,
  report: (line: string) => void,
  shared: boolean,
): Promise<UdpSocket | string> {
  if (!isNumericAddress(address)) return `Bad IP address (${address}): Name or service not known: Success`;
  let reason = "";
  for (let port = range.low; port <= range.high; port++) {
    try {
      return await UdpSocket.bind(address, port, events, shared);
    } catch (error) {
      reason = `bind: ${reasonOf(error)}`;
    }
  }
  report(`Failed binding to ${address}:${range.high}`);
  return reason;
}

/** Joins a second socket to the port of `main` for datagrams with a congestion mark, or leaves things as they were. */
async function openCongestedSocket(
  main: BunSocket,
  address: string,
  events: UdpEvents,
): Promise<BunSocket | undefined> {
  if (!sharePort(main.fd)) return undefined;
  let congested: BunSocket;
  try {
    congested = await createSocket(address, main.port, events, { shared: true, congested: true });
  } catch {
    return undefined;
  }
  if (sortByCongestionMark(main.fd)) return congested;
  congested.close();
  return undefined;
}

async function createSocket(
  address: string,
  port: number,
  events: UdpEvents,
  { shared, congested }: { readonly shared: boolean; readonly congested: boolean },
): Promise<BunSocket> {
  const options = {
    hostname: address,
    port,
    flags: shared ? FLAG_REUSE_PORT : 0,
    binaryType: "uint8array",
    socket: {
      data: (_socket: unknown, bytes: Uint8Array, fromPort: number, fromAddress: string) =>
        events.datagram(bytes, fromAddress, fromPort, congested),
      // Without a handler one ICMP answer ends the process. It is called with the error alone, though the type
      // declarations put the socket first. It also gets what `data` has thrown.
      error: (...words: unknown[]) => {
        const error = words.find((word) => word instanceof Error);
        if (error && (error as NodeJS.ErrnoException).code === undefined) events.fault?.(error);
        else events.error(failureOf(error, "recvmsg"));
      },
    },
  };
  return (await Bun.udpSocket(options as never)) as unknown as BunSocket;
}

function failureOf(error: unknown, call: string): SendFailure {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return { kind: code === "EMSGSIZE" ? "emsgsize" : "other", text: `${call}: ${reasonOf(error)}` };
}

/** The system's wording, "Address already in use"; the runtime's own where there is no error number. */
function reasonOf(error: unknown): string {
  const number = (error as NodeJS.ErrnoException | undefined)?.errno;
  if (typeof number === "number" && number !== 0) return errorText(Math.abs(number));
  return error instanceof Error ? error.message : String(error);
}
