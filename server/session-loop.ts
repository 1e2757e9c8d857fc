/**
 * Runs one session: everybody who looks at it, whose window it has, when it ends, and the one timer that all of this
 * needs. The session itself knows no clients and a client's endpoint knows no others; they meet here. Called by
 * standalone.ts (one a process) and shard.ts (many).
 */
import type { UserEvent } from "../ssp/user-message.ts";
import { Alarm, type Wheel } from "../sys/wheel.ts";
import type { Terminal } from "../wasm-core/core.ts";
import { IdleJudge, type Limits, type SessionActivity, type Verdict } from "./limits.ts";
import { Session, type SessionOptions } from "./session.ts";
import { UtmpRecord, type UtmpWriter } from "./utmp.ts";
import type { Size } from "./view.ts";

/** The longest sleep: a timer must not overflow because a limit is set to years. */
const MAX_SLEEP_MS = 60_000;
/** Who sleeps longer than this may oversleep by this much, ms: idle sessions wake up together. */
const LONG_SLEEP_MS = 1000;
const OVERSLEEP_MS = 64;
/** A client that was given a key and does not come, ms [P 14.2]. */
const FIRST_WORD_MS = 60_000;

/** What an endpoint may do to the session. */
export interface Seat {
  readonly terminal: Terminal;
  readonly started: boolean;
  /** A line of the host, to be laid over the screen. */
  readonly notice: string | undefined;
  blank(): Terminal;
  input(events: readonly UserEvent[]): void;
  hasRoom(diff: Uint8Array): boolean;
  /** Keys had better not come now, unless they interrupt the program. */
  readonly inputFull: boolean;
  interrupts(keys: Uint8Array): boolean;
  /** Something arrived: what is due must be looked at. @param now when, if that is known */
  received(now?: number): void;
}

/** Somebody who looks at the session: an attachment, or a stream of this machine. */
export interface Viewer {
  readonly readOnly: boolean;
  /** Window; undefined until it was told. */
  readonly size: Size | undefined;
  readonly lastInput: number;
  readonly clientSeen: boolean;
  readonly lastClientState: number;
  /** A goodbye could reach somebody. */
  readonly attached: boolean;
  readonly shuttingDown: boolean;
  /** Where from, for the login records. */
  readonly origin: string | undefined;
  /** The session's screen may have changed. @param bytes output of the program, that changed it */
  screenChanged(now: number, bytes: number): void;
  tick(now: number): void;
  waitTime(now: number): number;
  startShutdown(now: number): void;
  ended(now: number): string | undefined;
  release(): void;
}

export interface SessionLoopOptions extends SessionOptions {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Wakes the session up; shared by those of a process. It runs on the same clock. */
  readonly wheel: Wheel;
  readonly limits: Limits;
  /** Where login records go; undefined: the session has none. */
  readonly utmp: UtmpWriter | undefined;
  readonly log: (message: string) => void;
  /** All is over and released. Called once. */
  readonly finished: () => void;
  /** A viewer is gone. */
  readonly left?: (viewer: Viewer) => void;
}

/** What it means that a viewer's person quits: the end of the session, as in Mosh, or only of the view. */
export type Quit = "end" | "detach";

interface Entry {
  readonly viewer: Viewer;
  /** When it was let in. */
  readonly since: number;
  readonly quit: Quit;
}

export class SessionLoop implements SessionActivity {
  readonly session: Session;
  readonly #options: SessionLoopOptions;
  readonly #clock: () => number;
  readonly #judge: IdleJudge;
  readonly #viewers: Entry[] = [];
  readonly #started: number;
  /** Whose window the session has. */
  #active: Viewer | undefined;
  #clientSeen = false;
  #lastClientState: number;
  #lastInput: number;
  #utmp: UtmpRecord | undefined;
  readonly #alarm = new Alarm((now) => {
    if (!this.#finished) this.#pass(now);
  });
  /** When the alarm has woken us at the latest; Infinity: it is not set. */
  #wakeBy = Number.POSITIVE_INFINITY;
  /** The judge has nothing to say before this; what happens meanwhile only makes it later. */
  #judgeAt: number;
  #notice: string | undefined;
  #closing = false;
  #finished = false;

  constructor(options: SessionLoopOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#started = this.#clock();
    this.#lastClientState = this.#started;
    this.#lastInput = this.#started;
    this.#judge = new IdleJudge(options.limits, this.#started, options.log);
    this.#judgeAt = this.#started;
    this.session = new Session(options, {
      changed: (bytes) => this.#onScreenChanged(bytes),
      ended: () => this.obey("shutdown"),
      log: options.log,
    });
    this.#sleep();
  }

  /** Lets somebody in. @param make builds the viewer around its seat */
  add<V extends Viewer>(quit: Quit, make: (seat: Seat) => V): V {
    const loop = this;
    const { session } = this;
    const seat: Seat = {
      terminal: session.terminal,
      get notice() {
        return loop.#notice;
      },
      get started() {
        return session.started;
      },
      get inputFull() {
        return session.inputFull;
      },
      interrupts: (keys) => session.interrupts(keys),
      blank: () => session.blank(),
      input: (events) => this.#input(viewer, events),
      hasRoom: (diff) => session.hasRoom(diff),
      received: (now) => this.#received(viewer, now),
    };
    const viewer = make(seat);
    this.#viewers.push({ viewer, since: this.#clock(), quit });
    this.#sleep();
    return viewer;
  }

  get viewers(): readonly Viewer[] {
    return this.#viewers.map(({ viewer }) => viewer);
  }

  // ---- what a verdict depends on

  get lastClientState(): number {
    for (const { viewer } of this.#viewers) {
      if (viewer.clientSeen && viewer.lastClientState > this.#lastClientState)
        this.#lastClientState = viewer.lastClientState;
    }
    return this.#lastClientState;
  }

  get lastInput(): number {
    return this.#lastInput;
  }

  get clientSeen(): boolean {
    this.#clientSeen ||= this.#viewers.some(({ viewer }) => viewer.clientSeen);
    return this.#clientSeen;
  }

  get attached(): boolean {
    return this.#viewers.some(({ viewer }) => viewer.attached);
  }

  /** The session is being ended. */
  get shuttingDown(): boolean {
    return this.#closing;
  }

  // ---- the end

  /** SIGTERM, SIGINT, `kill`: goodbye; a second time at once. */
  terminate(): void {
    this.obey(this.#judge.onTerminate(this));
  }

  /** SIGUSR1. */
  userSignal(): void {
    this.obey(this.#judge.onUserSignal(this, this.#clock()));
  }

  /** Says goodbye to all viewers; the session goes on without them. */
  detachAll(): void {
    for (const { viewer } of [...this.#viewers]) this.#dismiss(viewer);
    this.pass();
  }

  /** Lays a line over everybody's screen; undefined takes it away. */
  setNotice(text: string | undefined): void {
    this.#notice = text;
    this.#onScreenChanged();
  }

  obey(verdict: Verdict): void {
    if (this.#finished || verdict === "stay") return;
    if (verdict === "exit") {
      this.#finish();
      return;
    }
    this.#closing = true;
    for (const { viewer } of [...this.#viewers]) this.#dismiss(viewer);
    this.pass();
  }

  /** A viewer has heard something. Often nothing is due after it, and no more need be looked at. */
  #received(viewer: Viewer, now = this.#clock()): void {
    if (this.#finished) return;
    const wait = viewer.waitTime(now);
    if (wait <= 0 || this.#closing || viewer.ended(now) !== undefined) this.#pass(now);
    else this.#wakeWithin(wait, now);
  }

  /** What follows every event: verdicts, then what is due to be sent, then sleep until something is due again. */
  pass(): void {
    if (this.#finished) return;
    this.#pass(this.#clock());
  }

  #pass(now: number): void {
    if (now >= this.#judgeAt) {
      const verdict = this.#judge.onTime(this, now);
      if (verdict !== "stay") {
        this.obey(verdict);
        return;
      }
      this.#judgeAt = now + this.#judge.waitTime(this, now);
    }
    this.#dropEnded(now);
    if (this.#closing && this.#viewers.length === 0) {
      this.#finish();
      return;
    }
    for (const { viewer } of this.#viewers) viewer.tick(now);
    if (this.#options.utmp) this.#keepUtmp(now);
    this.#sleep(now);
  }

  /** A viewer that can hear it is told; one that cannot just goes. */
  #dismiss(viewer: Viewer): void {
    if (viewer.attached) viewer.startShutdown(this.#clock());
    else this.#remove(viewer);
  }

  #dropEnded(now: number): void {
    // From behind, because they are taken out. One that leaves may send the others away.
    for (let at = this.#viewers.length - 1; at >= 0; at--) {
      const entry = this.#viewers[at];
      if (!entry) continue;
      const { viewer, since, quit } = entry;
      if (viewer.ended(now) !== undefined) {
        const byPerson = !viewer.shuttingDown;
        this.#remove(viewer);
        if (byPerson && quit === "end" && !viewer.readOnly && !this.#closing) {
          this.#closing = true;
          for (const other of [...this.#viewers]) this.#dismiss(other.viewer);
        }
      } else if (!viewer.clientSeen && now - since >= FIRST_WORD_MS) {
        this.#remove(viewer);
      }
    }
  }

  #remove(viewer: Viewer): void {
    const at = this.#viewers.findIndex((entry) => entry.viewer === viewer);
    if (at < 0) return;
    // What it knew must be remembered before it goes.
    void this.lastClientState;
    void this.clientSeen;
    this.#viewers.splice(at, 1);
    viewer.release();
    this.#options.left?.(viewer);
    if (viewer === this.#active) this.#handOn();
  }

  /** The window of whoever was active last counts now. */
  #handOn(): void {
    let next: Viewer | undefined;
    for (const { viewer } of this.#viewers) {
      if (!viewer.readOnly && viewer.size && viewer.lastInput > (next?.lastInput ?? Number.NEGATIVE_INFINITY))
        next = viewer;
    }
    this.#active = next;
    if (next?.size && !this.#closing) {
      this.session.input([{ kind: "resize", ...next.size }]);
      this.#onScreenChanged();
    }
  }

  // ---- events

  #input(viewer: Viewer, events: readonly UserEvent[]): void {
    if (this.#closing) return;
    if (events.length > 0) this.#lastInput = this.#clock();
    let all = events;
    if (viewer !== this.#active) {
      this.#active = viewer;
      if (viewer.size) all = [{ kind: "resize", ...viewer.size }, ...events];
    }
    this.session.input(all);
    if (this.#viewers.length > 1) {
      const now = this.#clock();
      let wait = Number.POSITIVE_INFINITY;
      for (const other of this.#viewers) {
        if (other.viewer === viewer) continue;
        other.viewer.screenChanged(now, 0);
        wait = Math.min(wait, other.viewer.waitTime(now));
      }
      // Whoever has given the input looks only after itself.
      this.#wakeWithin(wait, now);
    }
  }

  /** Nothing is due yet, unless a frame was waiting for something to say: a wake-up is all it takes. */
  #onScreenChanged(bytes = 0): void {
    if (this.#finished) return;
    const now = this.#clock();
    let wait = Number.POSITIVE_INFINITY;
    for (const { viewer } of this.#viewers) {
      viewer.screenChanged(now, bytes);
      wait = Math.min(wait, viewer.waitTime(now));
    }
    if (wait <= 0) this.#pass(now);
    else this.#wakeWithin(wait, now);
  }

  // ---- time

  #sleep(now = this.#clock()): void {
    if (this.#finished) return;
    let wait = Math.min(MAX_SLEEP_MS, Math.max(0, this.#judgeAt - now));
    for (const { viewer, since } of this.#viewers) {
      wait = Math.min(wait, viewer.waitTime(now));
      if (!viewer.clientSeen) wait = Math.min(wait, Math.max(0, since + FIRST_WORD_MS - now));
    }
    if (this.#utmp) wait = Math.min(wait, this.#utmp.waitTime(now - this.lastClientState));
    this.#wakeIn(wait, now);
  }

  #wakeIn(wait: number, now: number): void {
    const slack = slackOf(wait);
    this.#wakeBy = now + wait + slack;
    this.#options.wheel.set(this.#alarm, now + wait, slack);
  }

  /** Something is due that may come before what the alarm is set for, or while that is overslept. */
  #wakeWithin(wait: number, now: number): void {
    if (now + wait + slackOf(wait) < this.#wakeBy) this.#wakeIn(wait, now);
  }

  #keepUtmp(now: number): void {
    const { descriptor } = this.session;
    if (!this.#options.utmp || descriptor === undefined) return;
    const viewer = this.#active ?? this.#viewers[0]?.viewer;
    if (viewer?.origin === undefined && !this.#utmp) return;
    this.#utmp ??= new UtmpRecord(this.#options.utmp, descriptor, process.pid);
    this.#utmp.update(viewer?.origin ?? "", now - this.lastClientState, viewer?.origin !== undefined);
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#closing = true;
    this.#options.wheel.set(this.#alarm, Number.POSITIVE_INFINITY);
    this.#utmp?.remove();
    for (const { viewer } of [...this.#viewers]) this.#remove(viewer);
    this.session.close();
    this.#options.finished();
  }
}

/** How late the alarm may be, ms. */
function slackOf(wait: number): number {
  return wait > LONG_SLEEP_MS ? OVERSLEEP_MS : 1;
}
