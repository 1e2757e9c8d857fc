/**
 * Name resolution by the C library's getaddrinfo: /etc/hosts, nsswitch, mDNS, scoped addresses and canonical names work
 * as in every other program of the system, and errors come in its words. node:dns gives neither canonical names nor
 * reasons.
 *
 * Blocks the thread while the resolver works: for command lines, not for a running session.
 */
import { type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";
import { errno, errorText, libc } from "./libc.ts";

/** A numeric address with the port of the service asked for. */
export interface SocketAddress {
  /** Numeric; IPv6 without brackets, with its zone if it has one (`fe80::1%eth0`). */
  readonly address: string;
  readonly family: "inet" | "inet6";
  readonly port: number;
}

export interface AddressQuery {
  readonly host: string;
  /** A port number or a service name. */
  readonly service: string;
  /** Only this family. */
  readonly family?: "inet" | "inet6" | undefined;
  /** Only a numeric host, no look-up. */
  readonly numeric?: boolean;
  /** Ask for the canonical name of the host. */
  readonly canonicalName?: boolean;
}

export type AddressAnswer =
  | { readonly addresses: readonly SocketAddress[]; readonly canonicalName: string | undefined }
  | { readonly error: string };

// Linux, glibc and musl (the struct's layout and these numbers are the same in both).
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const AI_CANONNAME = 0x2;
const AI_NUMERICHOST = 0x4;
const AI_V4MAPPED = 0x8;
const EAI_SYSTEM = -11;
const NI_NUMERICHOST = 1;
const NI_MAXHOST = 1025;
const ADDRINFO_BYTES = 48;
const OFFSET = { family: 4, addressLength: 16, address: 24, canonicalName: 32, next: 40 };

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

function textAt(pointer: Pointer): string {
  let length = 0;
  while (read.u8(pointer, length) !== 0) length++;
  return Buffer.from(toArrayBuffer(pointer, 0, length)).toString("utf8");
}

/** getaddrinfo(3) for stream sockets. Never throws for a host that cannot be found. */
export function lookUpAddress(query: AddressQuery): AddressAnswer {
  if (query.host.includes("\0") || query.service.includes("\0"))
    return { error: "Name or service not known" };
  const hints = new Int32Array(ADDRINFO_BYTES / 4);
  hints[0] = (query.numeric ? AI_NUMERICHOST : 0) | (query.canonicalName ? AI_CANONNAME : 0);
  hints[1] = query.family === "inet" ? AF_INET : query.family === "inet6" ? AF_INET6 : 0;
  hints[2] = SOCK_STREAM;
  const host = cString(query.host);
  const service = cString(query.service);
  const result = new BigUint64Array(1);
  const code = libc().getaddrinfo(ptr(host), ptr(service), ptr(hints), ptr(result));
  if (code !== 0)
    return { error: code === EAI_SYSTEM ? errorText(errno()) : String(libc().gai_strerror(code)) };

  const head = Number(result[0]) as Pointer;
  try {
    return readList(head);
  } finally {
    libc().freeaddrinfo(head);
  }
}

/**
 * The sockaddr of a numeric address for a socket of this family, its port 0 (bytes 2 and 3, big-endian); undefined if the
 * address is none of that family. A socket of IPv6 reaches IPv4 by mapped addresses.
 */
export function rawSocketAddress(address: string, family: "inet" | "inet6"): Uint8Array | undefined {
  if (address.includes("\0")) return undefined;
  const hints = new Int32Array(ADDRINFO_BYTES / 4);
  hints[0] = AI_NUMERICHOST | (family === "inet6" ? AI_V4MAPPED : 0);
  hints[1] = family === "inet" ? AF_INET : AF_INET6;
  hints[2] = SOCK_STREAM;
  const result = new BigUint64Array(1);
  const host = cString(address);
  if (libc().getaddrinfo(ptr(host), null, ptr(hints), ptr(result)) !== 0) return undefined;
  const head = Number(result[0]) as Pointer;
  const length = read.u32(head, OFFSET.addressLength);
  const raw = new Uint8Array(toArrayBuffer(read.ptr(head, OFFSET.address) as Pointer, 0, length)).slice();
  libc().freeaddrinfo(head);
  return raw;
}

function readList(head: Pointer): AddressAnswer {
  const addresses: SocketAddress[] = [];
  let canonicalName: string | undefined;
  const numeric = Buffer.alloc(NI_MAXHOST);
  for (let entry = head; entry; entry = read.ptr(entry, OFFSET.next) as Pointer) {
    const name = read.ptr(entry, OFFSET.canonicalName) as Pointer;
    if (name) canonicalName ??= textAt(name);
    const family = read.i32(entry, OFFSET.family);
    if (family !== AF_INET && family !== AF_INET6) continue;
    const address = read.ptr(entry, OFFSET.address) as Pointer;
    const length = read.u32(entry, OFFSET.addressLength);
    if (libc().getnameinfo(address, length, ptr(numeric), NI_MAXHOST, null, 0, NI_NUMERICHOST) !== 0)
      continue;
    addresses.push({
      address: numeric.toString("latin1", 0, numeric.indexOf(0)),
      family: family === AF_INET ? "inet" : "inet6",
      // sin_port and sin6_port: bytes 2 and 3, big-endian.
      port: (read.u8(address, 2) << 8) | read.u8(address, 3),
    });
  }
  return { addresses, canonicalName };
}
