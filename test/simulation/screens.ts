/** What the simulation needs of terminals, so that the same runs go over the core's and over a stand-in. */
import type { Cipher } from "../../ssp/datagram.ts";
import type { Screen } from "../../ssp/terminal-state.ts";
import { FakeScreen, plainCipher } from "../ssp/fakes.ts";

export interface World<S extends Screen<S>> {
  readonly cipher: Cipher;
  /** The server's terminal. */
  host(cols: number, rows: number): S;
  /** The client's. */
  replica(cols: number, rows: number): S;
  /** A view of it that no longer changes. */
  snapshot(screen: S): S;
  /** What the program gets for the user's bytes. */
  input(screen: S, bytes: Uint8Array): Uint8Array;
  /** Answers to queries that the program made. */
  replies(screen: S): Uint8Array;
  /** Everything visible, as a text that is equal if the screens are. */
  view(screen: S): string;
  /** A number that is the same before and after, if nothing was left behind. */
  held(): number;
}

export const fakeWorld: World<FakeScreen> = {
  cipher: plainCipher,
  host: (cols, rows) => new FakeScreen(cols, rows),
  replica: (cols, rows) => new FakeScreen(cols, rows),
  snapshot: (screen) => screen.clone(),
  input: (_screen, bytes) => bytes,
  replies: () => new Uint8Array(0),
  view: (screen) => `${screen.cols}x${screen.rows} ${screen.text}`,
  held: () => FakeScreen.alive,
};
