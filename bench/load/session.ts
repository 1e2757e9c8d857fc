/**
 * One session under load: a client that behaves. Types what its behaviour says, keeps the time of each key until the
 * server's echo ack confirms it and, where the behaviour can tell, until the screen shows it.
 *
 * A key is struck when it is due, whether or not the one before was answered; so a slow server is charged for every key
 * that had to wait (no "coordinated omission"). Once MAX_PENDING are under way the next ones are put off and struck as soon as
 * there is room; their time counts from when they were due all the same. Keys that are never answered count with the
 * time they waited.
 */

import { Alarm } from "../../sys/wheel.ts";
import type { Random } from "../../test/simulation/random.ts";
import type { Core } from "../../wasm-core/core.ts";
import { type Behaviour, MAX_PENDING, type Stroke } from "./behaviour.ts";
import { type Endpoint, LoadClient } from "./client.ts";
import type { Meter } from "./meter.ts";
import type { Surroundings } from "./surroundings.ts";

const NEVER = Number.POSITIVE_INFINITY;

interface Key {
  readonly at: number;
  /** Number of the state that carries it; undefined: not sent yet. */
  state: number | undefined;
}

export class LoadSession {
  readonly behaviour: Behaviour;
  readonly #meter: Meter;
  readonly #random: Random;
  readonly #wheel: Surroundings["wheel"];
  #client: LoadClient | undefined;
  #stroke: Stroke | undefined;
  /** When it is to be struck. */
  #due = 0;
  /** It is due, but too many are without an answer. */
  #holding = false;
  /** Until when strokes were put off last. */
  #heldUntil = Number.NEGATIVE_INFINITY;
  readonly #alarm = new Alarm((now) => this.#strike(now));
  #roaming: Alarm | undefined;
  #roamFirst = 0;
  #connected = false;
  #ready = false;
  #stopped = false;
  #isOver = false;
  /** Keys without an echo ack, and keys that the screen does not show, oldest first. */
  readonly #unconfirmed: Key[] = [];
  readonly #marks: number[] = [];
  readonly #markTimes: number[] = [];
  /** Ended, and why. */
  failure: string | undefined;

  constructor(behaviour: Behaviour, meter: Meter, random: Random, surroundings: Surroundings) {
    this.behaviour = behaviour;
    this.#meter = meter;
    this.#random = random;
    this.#wheel = surroundings.wheel;
  }

  async open(core: Core, endpoint: Endpoint, surroundings: Surroundings): Promise<void> {
    const client = await LoadClient.open(
      core,
      endpoint,
      {
        frame: (_client, now) => this.#frame(now),
        sent: (_client, state) => this.#numberKeys(state),
        ended: (_client, how) => {
          this.#isOver = how === "clean";
          this.#end(how === "clean" ? "the server ended it" : `ended: ${how}`);
        },
      },
      surroundings,
    );
    this.#client = client;
    if (this.#stopped) client.close();
  }

  get client(): LoadClient | undefined {
    return this.#client;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Keys whose effect nobody has seen yet. */
  get pending(): number {
    return this.#unconfirmed.length;
  }

  get unshown(): number {
    return this.#marks.length;
  }

  /** Changes its address every `interval` ms from when it is ready on, give or take, so as not to keep step with timers. */
  roamEvery(interval: number): void {
    const next = (from: number): number => from + interval * (0.9 + 0.2 * this.#random.unit());
    this.#roaming = new Alarm((now) => {
      if (this.#stopped || this.failure !== undefined) return;
      this.#client?.roam().catch(() => this.#end("no new socket"));
      this.#wheel.set(this.#roaming!, next(now));
    });
    this.#roamFirst = interval * this.#random.unit();
  }

  /** Types no more; echoes are still taken. Strokes that were put off and are due by now will never be typed. */
  rest(now: number): void {
    this.#wheel.set(this.#alarm, NEVER);
    while (this.#holding && this.#stroke && this.#due <= now) {
      this.#meter.held++;
      this.#missed(this.#due, now, this.#stroke.mark !== undefined);
      this.#plan(this.#due);
    }
    this.#holding = false;
    this.#stroke = undefined;
    this.#wheel.set(this.#alarm, NEVER);
  }

  /** What is not answered by now never will be. */
  giveUp(now: number): void {
    const unanswered = Math.max(this.#unconfirmed.length, this.#marks.length);
    for (const { at } of this.#unconfirmed.splice(0)) this.#meter.byAck(at, now);
    for (const at of this.#markTimes.splice(0)) this.#meter.byScreen(at, now);
    this.#marks.length = 0;
    this.#meter.unanswered += unanswered;
  }

  #missed(at: number, now: number, isVisible: boolean): void {
    this.#meter.keys++;
    this.#meter.unanswered++;
    this.#meter.byAck(at, now);
    if (isVisible) this.#meter.byScreen(at, now);
  }

  /** Asks the server to end it; `isOver` when it has. */
  leave(now: number): void {
    this.#stopped = true;
    if (this.#roaming) this.#wheel.set(this.#roaming, NEVER);
    this.#client?.leave(now);
  }

  /** The server has ended it, and said so. */
  get isOver(): boolean {
    return this.#isOver;
  }

  close(): void {
    this.#stopped = true;
    this.#holding = false;
    this.rest(this.#wheel.now());
    if (this.#roaming) this.#wheel.set(this.#roaming, NEVER);
    this.#client?.close();
  }

  #end(reason: string): void {
    if (this.#stopped) return;
    const now = this.#wheel.now();
    this.failure ??= reason;
    this.rest(now);
    this.giveUp(now);
  }

  /** The next stroke, counted from when the last one was due, so that the rate is kept. */
  #plan(from: number, share = 1): void {
    this.#stroke = this.behaviour.next(this.#random);
    if (!this.#stroke) return;
    this.#due = from + this.#stroke.wait * share;
    // One that was due while strokes were put off is not late by the wheel's fault.
    const isBehind = this.#due < this.#heldUntil;
    this.#wheel.set(this.#alarm, isBehind ? this.#heldUntil : this.#due);
  }

  get #isFull(): boolean {
    return this.#unconfirmed.length >= MAX_PENDING || this.#marks.length >= MAX_PENDING;
  }

  #strike(now: number): void {
    const stroke = this.#stroke;
    const client = this.#client;
    if (!stroke || !client || client.closed) return;
    if (this.#isFull) {
      this.#holding = true;
      return;
    }
    // A wake-up that is late is the generator's own fault and not charged; waiting for room is the server's.
    const wasHeld = this.#due < this.#heldUntil;
    const at = wasHeld ? this.#due : now;
    if (wasHeld) this.#meter.held++;
    this.#meter.keys++;
    this.#unconfirmed.push({ at, state: undefined });
    if (stroke.mark !== undefined) {
      this.#marks.push(stroke.mark);
      this.#markTimes.push(at);
    }
    client.type(stroke.keys, now);
    this.#plan(this.#due);
  }

  /** All keys typed by now are in this state, or in an earlier one. */
  #numberKeys(state: number): void {
    const keys = this.#unconfirmed;
    for (let i = keys.length - 1; i >= 0 && keys[i]!.state === undefined; i--) keys[i]!.state = state;
  }

  #frame(now: number): void {
    const client = this.#client;
    if (!client) return;
    this.#meter.frames++;
    if (!this.#ready) this.#becomeReady(client, now);
    else this.#takeEchoes(client, now);
  }

  #becomeReady(client: LoadClient, now: number): void {
    if (!this.#connected) {
      this.#connected = true;
      this.#meter.connect.record(client.connectedAt! - client.startedAt);
    }
    if (!this.behaviour.ready(client.screen)) return;
    this.#ready = true;
    if (this.#roaming) this.#wheel.set(this.#roaming, now + this.#roamFirst);
    // A first pause of any part of the usual one, so that sessions opened together do not strike together.
    this.#plan(now, this.#random.unit());
  }

  #takeEchoes(client: LoadClient, now: number): void {
    if (this.#unconfirmed.length > 0) {
      const ack = client.transport.latest.echoAck;
      let confirmed = 0;
      for (const { at, state } of this.#unconfirmed) {
        if (state === undefined || state > ack) break;
        this.#meter.byAck(at, now);
        confirmed++;
      }
      this.#unconfirmed.splice(0, confirmed);
    }
    if (this.#marks.length > 0) {
      const shown = this.behaviour.shown(client.screen, this.#marks);
      for (let i = 0; i < shown; i++) this.#meter.byScreen(this.#markTimes[i]!, now);
      this.#marks.splice(0, shown);
      this.#markTimes.splice(0, shown);
    }
    if (this.#holding && !this.#isFull) {
      this.#holding = false;
      this.#heldUntil = now;
      this.#wheel.set(this.#alarm, now);
    }
  }
}
