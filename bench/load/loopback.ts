/**
 * The way to servers on this machine for thousands of sessions: few sockets for all of them. Servers tell their peers apart by
 * the source address, and on Linux all of 127.0.0.0/8 is ours; so each session sends from an address of its own, one recvmmsg
 * takes what has come for many of them, and one sendmmsg sends what many have to say. That halves the system calls a datagram
 * and leaves out the runtime's work for each socket that becomes readable.
 *
 * Nothing wakes the generator when a datagram comes: it looks once a millisecond (pump.ts). The time of arrival
 * is the kernel's, so measured times do not depend on when it looked, nor on how busy the generator was.
 *
 * Linux, 64 bits, little endian.
 */
import { ptr } from "bun:ffi";
import { errno, errorText, libc } from "../../sys/libc.ts";
import { setUdpOptions } from "../../sys/udp-options.ts";
import type { Pump } from "./pump.ts";
import type { OpenWire, Receive, Wire } from "./wire.ts";

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SO_RXQ_OVFL = 40;
const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const CLOCK_REALTIME = 0;
const EINTR = 4;

/** Datagrams a system call. */
const BATCH = 64;
/** Longer ones than the protocol has are cut off, and dropped by whoever opens them. */
const DATAGRAM_BYTES = 2048;
/**
 * Sessions a socket: its buffer has to hold what comes for them while the generator is busy with something else. Only root may
 * have a big one.
 */
const WIRES_PER_SOCKET = 1500;
const WIRES_PER_SMALL_SOCKET = 100;
const RECEIVE_BUFFER_BYTES = 16 << 20;

/** struct sockaddr_in, iovec, msghdr in mmsghdr, and the control messages, one block a datagram: offsets in bytes. */
const HEADER_BYTES = 64; // mmsghdr: msghdr and what was transferred
const NAME = HEADER_BYTES; // sockaddr_in
const IOVEC = NAME + 16;
const CONTROL = IOVEC + 16;
const CONTROL_BYTES = 96; // IP_PKTINFO 32, SO_TIMESTAMPNS 32, SO_RXQ_OVFL 24
const CMSG_HEADER_BYTES = 16;
const PKTINFO_CMSG_BYTES = CMSG_HEADER_BYTES + 12;
const PKTINFO_SPACE = 32;

/** 127.1.0.0 on: nobody else is there. */
const FIRST_ADDRESS = 0x7f01_0000;
const LAST_ADDRESS = 0x7ffe_ffff;

/** What sendmmsg or recvmmsg is given: headers in a row, each with its own name, vector, control message and contents. */
class Batch {
  /** The headers must follow each other; the rest of each block is elsewhere. */
  readonly #headers = new ArrayBuffer(BATCH * HEADER_BYTES);
  readonly #rest = new ArrayBuffer(BATCH * (CONTROL + CONTROL_BYTES - HEADER_BYTES));
  readonly #contents = new ArrayBuffer(BATCH * DATAGRAM_BYTES);
  readonly headers = new Int32Array(this.#headers);
  readonly rest = new Int32Array(this.#rest);
  readonly contents = new Uint8Array(this.#contents);
  readonly address = ptr(this.headers);
  static readonly HEADER_WORDS = HEADER_BYTES / 4;
  static readonly REST_WORDS = (CONTROL + CONTROL_BYTES - HEADER_BYTES) / 4;

  /** @param isSending with a name, and one control message that says the source */
  constructor(isSending: boolean) {
    const headers = new DataView(this.#headers);
    const rest = new DataView(this.#rest);
    const base = ptr(new Uint8Array(this.#rest));
    const contents = ptr(this.contents);
    for (let i = 0; i < BATCH; i++) {
      const at = i * Batch.REST_WORDS * 4;
      const header = i * HEADER_BYTES;
      const place = (offset: number): number => at + offset - HEADER_BYTES;
      if (isSending) {
        headers.setBigUint64(header, BigInt(base + place(NAME)), true);
        headers.setUint32(header + 8, 16, true);
      }
      headers.setBigUint64(header + 16, BigInt(base + place(IOVEC)), true);
      headers.setBigUint64(header + 24, 1n, true);
      headers.setBigUint64(header + 32, BigInt(base + place(CONTROL)), true);
      headers.setBigUint64(header + 40, BigInt(isSending ? PKTINFO_SPACE : CONTROL_BYTES), true);
      rest.setBigUint64(place(IOVEC), BigInt(contents + i * DATAGRAM_BYTES), true);
      rest.setBigUint64(place(IOVEC) + 8, BigInt(DATAGRAM_BYTES), true);
      if (!isSending) continue;
      rest.setUint16(place(NAME), AF_INET, true);
      rest.setBigUint64(place(CONTROL), BigInt(PKTINFO_CMSG_BYTES), true);
      rest.setInt32(place(CONTROL) + 8, IPPROTO_IP, true);
      rest.setInt32(place(CONTROL) + 12, IP_PKTINFO, true);
    }
  }
}

/** Words of a block's rest, in int32. */
const NAME_WORD = 0;
const IOVEC_LENGTH_WORD = (IOVEC - HEADER_BYTES + 8) / 4;
const CONTROL_WORD = (CONTROL - HEADER_BYTES) / 4;
const SOURCE_WORD = CONTROL_WORD + CMSG_HEADER_BYTES / 4 + 1; // ipi_spec_dst
const CONTROL_LENGTH_WORD = 40 / 4;
const TRANSFERRED_WORD = 56 / 4;

function inNetworkOrder(address: number): number {
  return (
    ((address & 0xff) << 24) |
    ((address & 0xff00) << 8) |
    ((address >>> 8) & 0xff00) |
    ((address >>> 24) & 0xff)
  );
}

class SharedSocket {
  readonly fd: number;
  readonly #out = new Batch(true);
  #queued = 0;
  wires = 0;
  /** Wires it has room for. */
  room: number;
  /** As the kernel counts them: datagrams that did not fit into the buffer. */
  overflowed = 0;

  constructor() {
    const { socket, bind, setsockopt, close } = libc();
    this.fd = socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    if (this.fd < 0) throw new Error(`no socket: ${errorText(errno())}`);
    const any = new Uint8Array(16);
    any[0] = AF_INET;
    if (bind(this.fd, any, any.length) !== 0) {
      const problem = errorText(errno());
      close(this.fd);
      throw new Error(`no port: ${problem}`);
    }
    const on = new Int32Array([1]);
    setsockopt(this.fd, IPPROTO_IP, IP_PKTINFO, on, 4);
    setsockopt(this.fd, SOL_SOCKET, SO_TIMESTAMPNS, on, 4);
    setsockopt(this.fd, SOL_SOCKET, SO_RXQ_OVFL, on, 4);
    const size = new Int32Array([RECEIVE_BUFFER_BYTES]);
    this.room = WIRES_PER_SOCKET;
    if (setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) !== 0) {
      setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, size, 4);
      this.room = WIRES_PER_SMALL_SOCKET;
    }
    setUdpOptions(this.fd, "inet");
  }

  queue(source: number, target: number, nameWord: number, datagram: Uint8Array): void {
    if (this.#queued === BATCH) this.flush();
    const { rest, contents } = this.#out;
    const at = this.#queued * Batch.REST_WORDS;
    rest[at + NAME_WORD] = nameWord;
    rest[at + NAME_WORD + 1] = target;
    rest[at + IOVEC_LENGTH_WORD] = datagram.length;
    rest[at + SOURCE_WORD] = source;
    contents.set(datagram, this.#queued * DATAGRAM_BYTES);
    this.#queued++;
  }

  /** What the system does not take is lost, as on any network. */
  flush(): void {
    let sent = 0;
    while (sent < this.#queued) {
      const left = (this.#out.address + sent * HEADER_BYTES) as never;
      const done = libc().sendmmsg(this.fd, left, this.#queued - sent, 0);
      // The one that failed is left out.
      if (done > 0) sent += done;
      else if (errno() !== EINTR) sent++;
    }
    this.#queued = 0;
  }
}

export class Loopback implements Pump {
  readonly #sockets: SharedSocket[] = [];
  /** Who receives at an address, which is in network order. */
  readonly #receivers = new Map<number, Receive>();
  readonly #in = new Batch(false);
  #isPumping = false;
  #nextAddress = FIRST_ADDRESS;
  readonly #time = new BigInt64Array(2);
  readonly #timePtr = ptr(this.#time);

  get isNeeded(): boolean {
    return this.#receivers.size > 0;
  }

  /** Datagrams that came faster than they were taken, and were lost: the generator's fault. */
  get overflowed(): number {
    return this.#sockets.reduce((sum, { overflowed }) => sum + overflowed, 0);
  }

  readonly open: OpenWire = async (endpoint, receive) => {
    const socket = this.#socket();
    const source = this.#address();
    const { port } = endpoint;
    const target = inNetworkOrder(parseAddress(endpoint.address ?? "127.0.0.1"));
    const nameWord = AF_INET | ((port & 0xff) << 24) | ((port & 0xff00) << 8);
    this.#receivers.set(source, receive);
    socket.wires++;
    let isOpen = true;
    const wire: Wire = {
      send: (datagram) => {
        if (!isOpen || datagram.length > DATAGRAM_BYTES) return false;
        socket.queue(source, target, nameWord, datagram);
        if (!this.#isPumping) socket.flush();
        return true;
      },
      flush: () => socket.flush(),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#receivers.delete(source);
        socket.wires--;
      },
    };
    return wire;
  };

  /** Sends what is queued, takes all that has come, and sends what that led to. */
  pump(): void {
    this.#flush();
    this.#isPumping = true;
    for (const socket of this.#sockets) if (socket.wires > 0) this.#drain(socket);
    this.#isPumping = false;
    this.#flush();
  }

  /** Between this and the next {@link pump} datagrams may be queued. */
  hold(): void {
    this.#isPumping = true;
  }

  close(): void {
    this.#flush();
    for (const { fd } of this.#sockets.splice(0)) libc().close(fd);
    this.#receivers.clear();
  }

  #socket(): SharedSocket {
    let socket = this.#sockets.find(({ wires, room }) => wires < room);
    if (!socket) {
      socket = new SharedSocket();
      this.#sockets.push(socket);
    }
    return socket;
  }

  #address(): number {
    if (this.#nextAddress > LAST_ADDRESS) throw new Error("no address is left");
    return inNetworkOrder(this.#nextAddress++);
  }

  #flush(): void {
    for (const socket of this.#sockets) socket.flush();
  }

  #drain(socket: SharedSocket): void {
    const { headers, rest, contents, address } = this.#in;
    for (;;) {
      const count = libc().recvmmsg(socket.fd, address as never, BATCH, 0, null);
      if (count <= 0) return;
      const now = performance.now();
      libc().clock_gettime(CLOCK_REALTIME, this.#timePtr as never);
      const ahead = Number(this.#time[0]) * 1000 + Number(this.#time[1]) / 1e6 - now;
      for (let i = 0; i < count; i++) {
        const header = i * Batch.HEADER_WORDS;
        const at = i * Batch.REST_WORDS + CONTROL_WORD;
        const end = at + headers[header + CONTROL_LENGTH_WORD]! / 4;
        headers[header + CONTROL_LENGTH_WORD] = CONTROL_BYTES;
        let destination = 0;
        let arrived = now;
        for (let cmsg = at; cmsg + 4 <= end; cmsg += (((rest[cmsg]! + 7) >> 3) << 3) / 4) {
          const type = rest[cmsg + 3]!;
          if (rest[cmsg + 2] === IPPROTO_IP && type === IP_PKTINFO) destination = rest[cmsg + 6]!;
          else if (type === SO_TIMESTAMPNS) arrived = rest[cmsg + 4]! * 1000 + rest[cmsg + 6]! / 1e6 - ahead;
          else if (type === SO_RXQ_OVFL) socket.overflowed = rest[cmsg + 4]! >>> 0;
          if (rest[cmsg]! < CMSG_HEADER_BYTES) break;
        }
        const receive = this.#receivers.get(destination);
        const from = i * DATAGRAM_BYTES;
        if (receive) receive(contents.slice(from, from + headers[header + TRANSFERRED_WORD]!), arrived);
      }
      if (count < BATCH) return;
    }
  }
}

function parseAddress(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) | 0;
}

/** Whether sessions at this address can be reached so. */
export function isLoopback(address: string | undefined): boolean {
  return process.platform === "linux" && (address === undefined || /^127(\.\d{1,3}){3}$/.test(address));
}
