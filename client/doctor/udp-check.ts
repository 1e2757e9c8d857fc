/**
 * Speaks to a waiting server over UDP as a client does, to see whether datagrams arrive there and back: a few exchanges
 * for the round-trip time, then the end of the session. No terminal. Called by doctor.ts.
 */

import { parseKey } from "../../ssp/key.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import type { Terminal } from "../../wasm-core/core.ts";
import { loadCore } from "../../wasm-core/load.ts";
import type { Startup } from "../bootstrap/startup-reader.ts";
import { bootTime } from "../clock.ts";
import { Sockets } from "../sockets.ts";

export type UdpResult =
  /** Authenticated datagrams came back. `clean`: the server has acknowledged the end. */
  | { readonly kind: "answered"; readonly roundTripMs: number; readonly clean: boolean }
  /** None did. `errors`: what the network said; `forged`: datagrams that were not the server's. */
  | { readonly kind: "silent"; readonly errors: readonly string[]; readonly forged: number };

/** A retransmission per second or so: several must be lost for a wrong verdict. */
export const SILENCE_MS = 6_000;
const END_MS = 4_000;
/** Acknowledged changes before the round-trip time is told, and how long to wait for them. */
const EXCHANGES = 5;
const EXCHANGES_MS = 5_000;
const SIZE = { cols: 80, rows: 24 };

/** @throws Error if no socket can be had */
export async function checkUdp(startup: Startup, silenceMs = SILENCE_MS): Promise<UdpResult> {
  const core = await loadCore();
  const started = bootTime();
  const errors = new Set<string>();
  let forged = 0;
  let wake: () => void = () => {};
  const sockets = await Sockets.open(
    startup.ip,
    startup.port,
    {
      datagram: (bytes) => {
        if (!transport.receive(bytes, bootTime()).ok) forged++;
        wake();
      },
      error: (text) => {
        errors.add(text);
        wake();
      },
    },
    started,
  );
  const transport = new Transport<UserStream, TerminalState<Terminal>>({
    core,
    key: parseKey(startup.key),
    side: "client",
    local: new UserStream(),
    remote: TerminalState.initial(core.createTerminal(SIZE.cols, SIZE.rows, "replica")),
    now: started,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    family: sockets.family,
    minDelay: 0,
  });

  /** Sends and receives until the condition holds; false if the time is over first. */
  const until = async (condition: () => boolean, limitMs: number): Promise<boolean> => {
    const end = bootTime() + limitMs;
    for (;;) {
      if (condition()) return true;
      const now = bootTime();
      if (now >= end) return false;
      transport.tick(now, (datagram) => {
        const failure = sockets.send(datagram, now);
        if (failure) errors.add(failure.text);
      });
      // What was just sent may have been the acknowledgement that was still due.
      if (condition()) return true;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(
          resolve,
          Math.ceil(Math.max(1, Math.min(transport.waitTime(now), end - now))),
        );
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };

  try {
    transport.current.pushResize(SIZE.cols, SIZE.rows);
    if (!(await until(() => transport.latestNum !== 0, silenceMs))) {
      return { kind: "silent", errors: [...errors], forged };
    }
    const exchangesEnd = bootTime() + EXCHANGES_MS;
    for (let count = 1; count < EXCHANGES; count++) {
      transport.current.pushResize(SIZE.cols + (count % 2), SIZE.rows);
      const changed = bootTime();
      if (!(await until(() => transport.lastSuccess >= changed, exchangesEnd - changed))) break;
    }
    const roundTripMs = transport.srtt;
    transport.startShutdown(bootTime());
    await until(() => transport.ended(bootTime()) !== undefined, END_MS);
    return { kind: "answered", roundTripMs, clean: transport.ended(bootTime()) === "clean" };
  } finally {
    sockets.close();
    transport.release();
  }
}
