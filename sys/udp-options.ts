/** The options that every UDP socket of the protocol has (docs/protocol.md, sockets). Linux numbers. */
import { libc } from "./libc.ts";

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const PMTUDISC_DONT = 0;
/** DSCP 0, ECN-capable transport ECT(0). */
const TOS_ECT0 = 0x02;

/**
 * Lets routers fragment, because a path below the assumed MTU must not swallow datagrams, and marks datagrams as
 * ECN-capable on IPv4. Not on IPv6: a stock peer does not look at congestion marks there. A socket of both families
 * (`::`) has the options of both.
 * @returns false if the don't-fragment flag could not be cleared
 */
export function setUdpOptions(fd: number, family: "inet" | "inet6"): boolean {
  const dont = new Int32Array([PMTUDISC_DONT]);
  const clear = (level: number, name: number) => libc().setsockopt(fd, level, name, dont, 4) === 0;
  const cleared = family === "inet6" ? clear(IPPROTO_IPV6, IPV6_MTU_DISCOVER) : true;
  const cleared4 = clear(IPPROTO_IP, IP_MTU_DISCOVER);
  libc().setsockopt(fd, IPPROTO_IP, IP_TOS, new Int32Array([TOS_ECT0]), 4);
  return cleared && (cleared4 || family === "inet6");
}
