/** Which session behaves how: behaviours by weight, shared out exactly and evenly, not by chance. Pure. */
import { type Behaviour, Editor, Flood, Idle, Pager, type Recording, Replay, Typist } from "./behaviour.ts";

const BEHAVIOURS = ["idle", "typist", "editor", "pager", "flood", "replay"] as const;
export type BehaviourName = (typeof BEHAVIOURS)[number];

export interface Share {
  readonly name: BehaviourName;
  readonly weight: number;
}

/** Reads "typist" or "idle=90,typist=9,flood=1". Throws Error with what was expected. */
export function parseMix(text: string): Share[] {
  const shares = text.split(",").map((part): Share => {
    const [, name = "", weight] = /^([a-z]+)(?:=(\d+(?:\.\d+)?))?$/.exec(part) ?? [];
    if (!BEHAVIOURS.includes(name as BehaviourName))
      throw new Error(
        `mix: "${part}" is none of ${BEHAVIOURS.join(", ")}, with =WEIGHT if there are several`,
      );
    return { name: name as BehaviourName, weight: weight === undefined ? 1 : Number(weight) };
  });
  if (!shares.some(({ weight }) => weight > 0)) throw new Error("mix: no behaviour has a weight");
  return shares;
}

/** The behaviours of the first `count` sessions: at each, the one that is furthest behind its share. */
export function shareOut(shares: readonly Share[], count: number): BehaviourName[] {
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  const given = shares.map(() => 0);
  return Array.from({ length: count }, (_, i) => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (const [at, { weight }] of shares.entries()) {
      const behind = ((i + 1) * weight) / total - given[at]!;
      if (behind > most && weight > 0) {
        most = behind;
        best = at;
      }
    }
    given[best]!++;
    return shares[best]!.name;
  });
}

export interface BehaviourOptions {
  /** Keys a second. */
  readonly rate: number;
  /** The text that pagers show. */
  readonly pagerFile: string;
  readonly recording?: Recording;
  readonly replayCommand?: readonly string[];
}

export function makeBehaviour(name: BehaviourName, options: BehaviourOptions): Behaviour {
  switch (name) {
    case "idle":
      return new Idle();
    case "typist":
      return new Typist(options.rate);
    case "editor":
      return new Editor(options.rate);
    case "pager":
      return new Pager(options.rate, options.pagerFile);
    case "flood":
      return new Flood();
    case "replay":
      if (!options.recording) throw new Error("mix: replay needs --replay FILE");
      return new Replay(options.recording, options.replayCommand, options.pagerFile);
  }
}
