/** The way from a client to its server: a UDP socket, or one with a bad network in front of it. */
import type { udp } from "bun";
import { Alarm, type Wheel } from "../../sys/wheel.ts";
import type { Endpoint } from "./client.ts";
import type { Path } from "./impairment.ts";

export interface Wire {
  /** False: the system refused it at once. */
  send(datagram: Uint8Array): boolean;
  /** What is sent may wait for more of others; from now on it must not. */
  flush?(): void;
  close(): void;
}

/** @param at when the datagram arrived, ms; it may have waited for us since */
export type Receive = (datagram: Uint8Array, at: number) => void;

/** @param failed the system reported an error later, such as "connection refused" */
export type OpenWire = (endpoint: Endpoint, receive: Receive, failed: () => void) => Promise<Wire>;

type Socket = udp.ConnectedSocket<"uint8array">;

/** A connected socket of its own, to any address: a server finds its sessions by where they send from. */
export const udpWire: OpenWire = async (endpoint, receive, failed) => {
  const { address = "127.0.0.1" } = endpoint;
  const options = {
    ...(address.includes(":") ? { hostname: "::" } : {}),
    binaryType: "uint8array",
    connect: { hostname: address, port: endpoint.port },
    socket: {
      data: (_socket: Socket, bytes: Uint8Array) => receive(bytes, performance.now()),
      error: failed,
    },
  };
  const socket = (await Bun.udpSocket(options as never)) as unknown as Socket;
  return {
    send: (datagram) => {
      try {
        socket.send(datagram);
        return true;
      } catch {
        return false;
      }
    },
    close: () => socket.close(),
  };
};

/** Whether the whole network is dark at a time. */
export type Blackout = (now: number) => boolean;

interface Direction {
  readonly path: Path;
  /** Datagrams under way, earliest first, and the alarm for the first. */
  readonly queue: { at: number; datagram: Uint8Array }[];
  readonly alarm: Alarm;
  readonly put: Receive;
}

/**
 * Puts a bad network in front of each wire that `open` gives. What is under way when a client roams is lost with the old
 * address.
 */
export function impaired(
  open: OpenWire,
  wheel: Wheel,
  paths: () => { up: Path; down: Path },
  dark: Blackout = () => false,
): OpenWire {
  return async (endpoint, receive, failed) => {
    const { up, down } = paths();
    const upward = direction(wheel, up, (datagram) => wire.send(datagram));
    const downward = direction(wheel, down, receive);
    const wire = await open(endpoint, (datagram, at) => depart(wheel, downward, datagram, at, dark), failed);
    return {
      send: (datagram) => {
        depart(wheel, upward, datagram, wheel.now(), dark);
        return true;
      },
      flush: () => wire.flush?.(),
      close: () => {
        wheel.set(upward.alarm, Number.POSITIVE_INFINITY);
        wheel.set(downward.alarm, Number.POSITIVE_INFINITY);
        wire.close();
      },
    };
  };
}

function direction(wheel: Wheel, path: Path, put: Receive): Direction {
  const made: Direction = {
    path,
    queue: [],
    put,
    alarm: new Alarm((now) => {
      while (made.queue[0] && made.queue[0].at <= now) {
        const { datagram, at } = made.queue.shift()!;
        made.put(datagram, at);
      }
      if (made.queue[0]) wheel.set(made.alarm, made.queue[0].at);
    }),
  };
  return made;
}

function depart(
  wheel: Wheel,
  { path, queue, alarm, put }: Direction,
  datagram: Uint8Array,
  now: number,
  dark: Blackout,
): void {
  const arrivals = path.arrivals(datagram.length, now);
  if (dark(now)) {
    if (arrivals.length > 0) path.counts.dark++;
    return;
  }
  for (const at of arrivals) {
    if (at <= now && queue.length === 0) {
      put(datagram, at);
      continue;
    }
    let place = queue.length;
    while (place > 0 && queue[place - 1]!.at > at) place--;
    queue.splice(place, 0, { at, datagram });
    if (place === 0) wheel.set(alarm, at);
  }
}
