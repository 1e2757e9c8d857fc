/**
 * Receiving ECN congestion marks (RFC 3168) without recvmsg(2): the kernel sorts marked datagrams to a second socket.
 *
 * Bun reads datagrams itself and does not hand on the TOS byte. But two sockets may share a port (SO_REUSEPORT), and a
 * classic BPF program chooses the one that gets a datagram. Ours looks at the IP header: "congestion experienced" goes
 * to the second socket, everything else to the first. It costs one descriptor and nothing per datagram.
 *
 * The first socket is bound without SO_REUSEPORT, so a port that is taken is still found to be taken, and no later
 * program can share the port by accident. Where any step fails the marks are simply not seen. Called by server/udp.ts.
 */
import { ptr } from "bun:ffi";
import { libc } from "./libc.ts";

const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SO_ATTACH_REUSEPORT_CBPF = 51;

/** Bun.udpSocket's bit for SO_REUSEPORT in its undocumented `flags`. */
export const FLAG_REUSE_PORT = 4;

/** Loads at or beyond this offset count from the start of the IP header. */
const NETWORK_HEADER = 0xfff0_0000;
const LOAD_BYTE = 0x30;
const AND = 0x54;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

/** Index of the socket for a datagram: 1 if it is marked. Each line: operation, jump if true, jump if false, operand. */
const SORT_BY_MARK: readonly (readonly [number, number, number, number])[] = [
  [LOAD_BYTE, 0, 0, NETWORK_HEADER],
  [AND, 0, 0, 0xf0],
  [JUMP_IF_EQUAL, 0, 3, 0x40],
  // IPv4: the low two bits of the TOS byte
  [LOAD_BYTE, 0, 0, NETWORK_HEADER + 1],
  [AND, 0, 0, 0x03],
  [JUMP_IF_EQUAL, 4, 3, 0x03],
  // IPv6: the traffic class lies across the bytes 0 and 1, its low two bits in the middle of byte 1
  [LOAD_BYTE, 0, 0, NETWORK_HEADER + 1],
  [AND, 0, 0, 0x30],
  [JUMP_IF_EQUAL, 1, 0, 0x30],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, 1],
];

/** Allows one more socket on the port of `fd`; call before that is opened (with {@link FLAG_REUSE_PORT}). */
export function sharePort(fd: number): boolean {
  return libc().setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, new Int32Array([1]), 4) === 0;
}

/** Sends marked datagrams to the socket that joined second. `fd` is the first one. */
export function sortByCongestionMark(fd: number): boolean {
  const program = new DataView(new ArrayBuffer(SORT_BY_MARK.length * 8));
  SORT_BY_MARK.forEach(([operation, ifTrue, ifFalse, operand], i) => {
    program.setUint16(i * 8, operation, true);
    program.setUint8(i * 8 + 2, ifTrue);
    program.setUint8(i * 8 + 3, ifFalse);
    program.setUint32(i * 8 + 4, operand, true);
  });
  const instructions = new Uint8Array(program.buffer);
  const description = new BigUint64Array([BigInt(SORT_BY_MARK.length), BigInt(ptr(instructions))]);
  return libc().setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, description, 16) === 0;
}
