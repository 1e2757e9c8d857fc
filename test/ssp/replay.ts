/**
 * Puts one of our ends in the place of a stock one: it gets the recorded datagrams of the other side at the recorded
 * times, and its own object changes when the stock end's must have changed. What it sends can then be compared,
 * instruction by instruction.
 */
import { encodeHostMessage, type HostEvent } from "../../ssp/host-message.ts";
import { MAX_STATE } from "../../ssp/params.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import type { Core, Opener } from "../../wasm-core/core.ts";
import { Watcher } from "./bench.ts";
import { hex } from "./fakes.ts";
import { type Name, type Recorded, readRecording } from "./recordings.ts";

export interface Sent {
  /** ms on the stock end's clock. */
  readonly at: number;
  readonly oldNum: number;
  readonly newNum: number;
  readonly ackNum: number;
  readonly throwawayNum: number;
  readonly diffLength: number;
}

export interface Replay {
  readonly stock: readonly Sent[];
  readonly ours: readonly Sent[];
}

/** What is known of a recording beyond its bytes. */
export interface Circumstances {
  /** One way through the relay, ms. */
  readonly delay: number;
  /** How late the stock end's timers fired. */
  readonly timerLate?: number;
  /** How long before a datagram with new contents the change was made, if the send interval made it wait. */
  readonly heldBack?: number;
}

interface Happening {
  readonly at: number;
  readonly run: (now: number) => void;
  /** The end looks whether it is over after a datagram only. */
  readonly arrival?: boolean;
}

/** A change is sent this long after it was made, if nothing else holds it: the collecting time, and a moment. */
const CLIENT_COLLECTS = 1.05;
const SERVER_COLLECTS = 8.05;
/** Datagrams closer than this were held back by the send interval. */
const PACED = 90;

/** The stock client's part of a recording. */
export function replayClient(core: Core, name: Name, circumstances: Circumstances): Replay {
  const { datagrams, key, cols, rows } = onClockOf("c2s", name);
  const transport = new Transport({
    core,
    key,
    side: "client",
    local: new UserStream(),
    remote: TerminalState.initial(core.createTerminal(cols, rows, "replica")),
    now: datagrams[0]!.t,
    random: (length) => new Uint8Array(length),
  });
  const stock: Sent[] = [];
  const happenings: Happening[] = arrivals(datagrams, "s2c", circumstances.delay, transport);
  /** Events in the stream up to a state. */
  const lengths = new Map([[0, 0]]);
  let known = 0;
  for (const { t, dir, decoded } of datagrams) {
    if (dir !== "c2s" || decoded.instruction === undefined) continue;
    const sent = sentOf(t, decoded.instruction);
    const paced = t - (stock.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < PACED;
    const held = (paced ? circumstances.heldBack : undefined) ?? CLIENT_COLLECTS;
    const events = decoded.user_message!.flatMap((event): (number | readonly [number, number])[] =>
      event.keys ? [...hex(event.keys.hex)] : [event.resize!],
    );
    const length = lengths.get(sent.oldNum)! + events.length;
    lengths.set(sent.newNum, length);
    if (length > known) {
      const fresh = events.slice(known - length);
      known = length;
      happenings.push({
        at: t - held,
        run() {
          for (const event of fresh) {
            if (typeof event === "number") transport.current.pushBytes(Uint8Array.of(event));
            else transport.current.pushResize(...event);
          }
        },
      });
    }
    if (sent.newNum === MAX_STATE && !ended(datagrams, "s2c", t))
      happenings.push({ at: t - 0.05, run: (now) => transport.startShutdown(now) });
    stock.push(sent);
  }
  const ours = live(core.createOpener(key), transport, happenings, stock, circumstances.timerLate ?? 0);
  transport.release();
  return { stock, ours };
}

/** The stock server's part of a recording. Its screens are those that its messages made. */
export function replayServer(core: Core, name: Name, circumstances: Circumstances): Replay {
  const { datagrams, key } = onClockOf("s2c", name);
  const start = datagrams.find(({ dir }) => dir === "s2c")!.t;
  const blank = TerminalState.initial(core.createTerminal(80, 24, "replica"));
  const states = new Map([[0, blank.clone()]]);
  const transport = new Transport<TerminalState, UserStream>({
    core,
    key,
    side: "server",
    local: blank,
    remote: new UserStream(),
    now: start - 5,
    random: (length) => new Uint8Array(length),
  });
  const stock: Sent[] = [];
  const happenings = arrivals(datagrams, "c2s", circumstances.delay, transport);
  // The server answered the first datagram in the pass in which it came.
  happenings[0] = { ...happenings[0]!, at: start - 0.02 };
  for (const { t, dir, decoded } of datagrams) {
    if (dir !== "s2c" || decoded.instruction === undefined) continue;
    const sent = sentOf(t, decoded.instruction);
    if (!states.has(sent.newNum)) {
      const state = states.get(sent.oldNum)!.clone();
      const message = encodeHostMessage(decoded.host_message!.map(hostEvent));
      if (message.length > 0) {
        state.apply(message);
        happenings.push({
          at: Math.max(start - 0.01, t - SERVER_COLLECTS),
          run: () => transport.setCurrent(state.withEchoAck(state.echoAck)),
        });
      }
      states.set(sent.newNum, state);
    }
    if (sent.newNum === MAX_STATE && !ended(datagrams, "c2s", t))
      happenings.push({ at: t - 0.05, run: (now) => transport.startShutdown(now) });
    stock.push(sent);
  }
  const ours = live(core.createOpener(key), transport, happenings, stock, circumstances.timerLate ?? 0);
  transport.release();
  for (const state of states.values()) state.release();
  return { stock, ours };
}

type End = Pick<
  Transport<UserStream, TerminalState>,
  "receive" | "tick" | "waitTime" | "ended" | "startShutdown"
>;

/** Runs the end through what happens, as long as the stock one lived. */
function live(
  opener: Opener,
  end: End,
  happenings: Happening[],
  stock: readonly Sent[],
  late: number,
): readonly Sent[] {
  const queue = happenings.sort((a, b) => a.at - b.at);
  const watcher = new Watcher();
  const ours: Sent[] = [];
  let now = Math.min(stock[0]!.at, queue[0]!.at);
  const send = (datagram: Uint8Array): void => {
    const open = new Uint8Array(datagram.length);
    open.set(datagram.subarray(0, 8));
    open.set(opener.open(datagram)!, 8);
    const before = watcher.seen.length;
    watcher.watch(open);
    if (watcher.seen.length === before) return;
    const { diff, ...seen } = watcher.last;
    ours.push({ ...seen, at: now, diffLength: diff.length });
  };
  while (ours.length < stock.length && now < stock.at(-1)!.at + 100) {
    while (queue.length > 0 && queue[0]!.at <= now) {
      const { run, arrival } = queue.shift()!;
      run(now);
      if (arrival && end.ended(now)) break;
      end.tick(now, send);
    }
    end.tick(now, send);
    const timer = now + end.waitTime(now) + late;
    now = Math.max(Math.min(timer, queue[0]?.at ?? timer), now + 0.001);
  }
  opener.free();
  return ours;
}

/**
 * The recording with the times of one side's datagrams as that side stamped them, and the other's, which the relay
 * noted, brought to the same clock.
 */
function onClockOf(
  side: "c2s" | "s2c",
  name: Name,
): Omit<ReturnType<typeof readRecording>, "datagrams"> & {
  readonly datagrams: (Recorded & { readonly t: number })[];
} {
  const recording = readRecording(name);
  const own = recording.datagrams.filter(({ dir }) => dir === side);
  const offset = ({ t, decoded }: Recorded): number => decoded.timestamp - t;
  const first = offset(own[0]!);
  // The 16-bit clock may have gone round since the first.
  const unwrapped = own.map((one) => offset(one) - Math.round((offset(one) - first) / 65_536) * 65_536);
  // The datagram that was fastest to the relay tells the difference of the clocks best.
  const base = Math.max(...unwrapped) - 0.2;
  const datagrams = recording.datagrams.map((one) => {
    const t = one.t + base;
    if (one.dir !== side) return { ...one, t };
    const stamped = one.decoded.timestamp + Math.round((t - one.decoded.timestamp) / 65_536) * 65_536;
    return { ...one, t: stamped + 0.5 };
  });
  return { ...recording, datagrams };
}

function arrivals(
  datagrams: readonly Recorded[],
  dir: "c2s" | "s2c",
  delay: number,
  end: Pick<End, "receive">,
): Happening[] {
  return datagrams
    .filter((one) => one.dir === dir && !one.dropped)
    .map(({ t, delayedMs, datagram }) => ({
      at: t + delay + delayedMs + 0.2,
      run: (now) => void end.receive(datagram, now),
      arrival: true,
    }));
}

/** Whether the other side had said MAX before. */
function ended(datagrams: readonly Recorded[], dir: "c2s" | "s2c", before: number): boolean {
  return datagrams.some(
    (one) => one.dir === dir && one.t < before && Number(one.decoded.instruction?.new_num ?? 0) === MAX_STATE,
  );
}

function sentOf(at: number, instruction: NonNullable<Recorded["decoded"]["instruction"]>): Sent {
  return {
    at,
    oldNum: Number(instruction.old_num),
    newNum: Number(instruction.new_num),
    ackNum: Number(instruction.ack_num),
    throwawayNum: Number(instruction.throwaway_num),
    diffLength: instruction.diff_len,
  };
}

function hostEvent(event: NonNullable<Recorded["decoded"]["host_message"]>[number]): HostEvent {
  if (event.hoststring) return { kind: "bytes", bytes: hex(event.hoststring.hex) };
  if (event.resize) return { kind: "resize", cols: event.resize[0], rows: event.resize[1] };
  return { kind: "echo-ack", num: Number(event.echo_ack!) };
}
