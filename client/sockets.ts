/**
 * The client's UDP sockets: sends from the newest, listens on all, and survives whatever the network does to them.
 *
 * The peer's address never changes, and no socket is connected or bound to an address: when this machine moves to
 * another network the kernel picks the new source address by itself, and the server follows it. A socket that breaks
 * is replaced. Datagrams are opaque here. Called by session-loop.ts.
 */
import { isIPv4, isIPv6 } from "node:net";
import type { Family } from "../ssp/link.ts";
import { errorText, libc } from "../sys/libc.ts";
import { PortHopper } from "./port-hopper.ts";

/** What a send that failed means to the transport, and the text for the person. */
export interface SendFailure {
  readonly kind: "emsgsize" | "other";
  readonly text: string;
}

export interface SocketEvents {
  datagram(bytes: Uint8Array): void;
  /** An error that arrived by itself, such as an ICMP answer; `text` as the system words it. */
  error(text: string): void;
}

/** The part of Bun's socket in use; its type declarations lack `fd`. */
export interface UdpSocket {
  readonly fd: number;
  readonly port: number;
  readonly closed: boolean;
  send(data: Uint8Array, port: number, address: string): boolean;
  close(): void;
}

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const PMTUDISC_DONT = 0;
/** DSCP 0, ECN-capable transport ECT(0) [P 5.10]. */
const TOS_ECT0 = 0x02;

/** The address family of a numeric address; undefined if it is none. A scope (`fe80::1%eth0`) is allowed. */
export function addressFamily(ip: string): Family | undefined {
  if (isIPv4(ip)) return "inet";
  return isIPv6(ip) ? "inet6" : undefined;
}

export class Sockets {
  readonly family: Family;
  readonly #ip: string;
  readonly #port: number;
  readonly #events: SocketEvents;
  readonly #hopper: PortHopper;
  readonly #create: typeof createSocket;
  /** Oldest first; datagrams leave from the last. */
  readonly #sockets: UdpSocket[] = [];
  #opening = false;
  #closed = false;

  private constructor(
    ip: string,
    port: number,
    family: Family,
    events: SocketEvents,
    now: number,
    create: typeof createSocket,
  ) {
    this.#create = create;
    this.#ip = ip;
    this.#port = port;
    this.family = family;
    this.#events = events;
    this.#hopper = new PortHopper(now);
  }

  /**
   * Opens the first socket.
   *
   * @param ip numeric address of the server
   * @param create how a socket is made; tests hand in their own
   * @throws Error if the address is not numeric or no socket can be had
   */
  static async open(
    ip: string,
    port: number,
    events: SocketEvents,
    now: number,
    create = createSocket,
  ): Promise<Sockets> {
    const family = addressFamily(ip);
    if (!family) throw new Error(`Bad IP address (${ip}): Name or service not known: Success`);
    const sockets = new Sockets(ip, port, family, events, now, create);
    await sockets.#add();
    return sockets;
  }

  /** Local ports, oldest first. */
  get ports(): number[] {
    return this.#sockets.map((socket) => socket.port);
  }

  /** Sends from the newest socket. Never throws; a datagram that cannot leave is lost, as on any network. */
  send(datagram: Uint8Array, now: number): SendFailure | undefined {
    const socket = this.#sockets.at(-1);
    if (!socket || socket.closed) {
      this.#replace(now);
      return undefined;
    }
    try {
      socket.send(datagram, this.#port, this.#ip);
      return undefined;
    } catch {
      // The kernel reports an error that an earlier datagram met (ICMP) by failing the next send, which then has not
      // left. The report is used up now, so a second try tells whether this datagram can go.
    }
    try {
      socket.send(datagram, this.#port, this.#ip);
      return undefined;
    } catch (error) {
      if (socket.closed) this.#replace(now);
      return { kind: codeOf(error) === "EMSGSIZE" ? "emsgsize" : "other", text: `sendto: ${reason(error)}` };
    }
  }

  /** After each datagram sent: hop if it is time [P 5.5]. The new port serves from the next datagram on. */
  afterSend(now: number, lastSuccess: number): void {
    if (this.#hopper.hop(now, lastSuccess)) this.#replace(now);
  }

  /** After each datagram received: closes ports that are no longer needed. */
  prune(now: number): void {
    for (const socket of this.#sockets.splice(0, this.#hopper.surplus(now, this.#sockets.length)))
      socket.close();
  }

  close(): void {
    this.#closed = true;
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  /** Opens one more port in the background; until it is there the old one goes on serving. */
  #replace(now: number): void {
    if (this.#opening || this.#closed) return;
    this.#opening = true;
    this.#add()
      .then(() => this.prune(now))
      .catch((error) => this.#events.error(`socket: ${reason(error)}`))
      .finally(() => {
        this.#opening = false;
      });
  }

  async #add(): Promise<void> {
    const socket = await this.#create(this.family, {
      datagram: (bytes) => {
        if (!this.#closed) this.#events.datagram(bytes);
      },
      error: (text) => {
        if (!this.#closed) this.#events.error(text);
      },
    });
    if (this.#closed) {
      socket.close();
      return;
    }
    try {
      setOptions(socket.fd, this.family);
    } catch (error) {
      socket.close();
      throw error;
    }
    const usable = this.#sockets.filter((one) => !one.closed);
    this.#sockets.splice(0, this.#sockets.length, ...usable, socket);
  }
}

/** An unbound, unconnected socket of the family, on a port of the kernel's choice. */
export async function createSocket(family: Family, events: SocketEvents): Promise<UdpSocket> {
  const options = {
    hostname: family === "inet" ? "0.0.0.0" : "::",
    port: 0,
    binaryType: "uint8array",
    socket: {
      data: (_socket: unknown, bytes: Uint8Array) => events.datagram(bytes),
      // Without a handler one ICMP answer ends the process. It comes with the error as its first argument, though the
      // type declarations put the socket first.
      error: (...words: unknown[]) =>
        events.error(`recvmsg: ${reason(words.find((word) => word instanceof Error))}`),
    },
  };
  return (await Bun.udpSocket(options as never)) as unknown as UdpSocket;
}

/** Lets routers fragment (a path below our budget must not swallow datagrams), and marks ECN on IPv4 as stock does. */
function setOptions(fd: number, family: Family): void {
  const dont = new Int32Array([PMTUDISC_DONT]);
  const [level, name] = family === "inet" ? [IPPROTO_IP, IP_MTU_DISCOVER] : [IPPROTO_IPV6, IPV6_MTU_DISCOVER];
  if (libc().setsockopt(fd, level, name, dont, 4) !== 0)
    throw new Error("cannot clear the don't-fragment flag");
  if (family === "inet") libc().setsockopt(fd, IPPROTO_IP, IP_TOS, new Int32Array([TOS_ECT0]), 4);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** The system's wording, "Network is unreachable"; the runtime's own where there is no error number. */
function reason(error: unknown): string {
  const number = (error as NodeJS.ErrnoException | undefined)?.errno;
  if (typeof number === "number" && number !== 0) return errorText(Math.abs(number));
  return error instanceof Error ? error.message : String(error);
}
