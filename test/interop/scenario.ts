/**
 * What a person does in a session, as scripts of steps: keys in, a condition that shows the program has answered, and a
 * screen to compare with the same program run directly in the same terminal. Played by play.ts; the scripts themselves
 * are in scenarios-shell.ts and scenarios-full-screen.ts.
 */
import { cursorAt, type Screen, textOf } from "../drivers/screen.ts";
import type { Pane } from "../drivers/tmux.ts";

/** Why a screen is not compared; `blind`: `until` does not hold there either. */
export interface Exception {
  readonly reason: string;
  readonly blind?: true;
}

export interface Step {
  readonly does: string;
  readonly act?: (pane: Pane) => Promise<void>;
  /** True of the directly run program's screen once it has answered. */
  readonly until: (screen: Screen) => boolean;
  /** Why this step's screen cannot be compared when a *stock* server emulates the terminal. The step is still done. */
  readonly stockServerDiffers?: Exception;
  /** The same where stock is at both ends; Sterna's client repairs what its server does wrong. */
  readonly stockPairDiffers?: Exception;
}

export interface Scenario {
  readonly name: string;
  readonly programs: readonly string[];
  readonly command: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
  readonly steps: readonly Step[];
  /** Keys that end the program. */
  readonly quit: (pane: Pane) => Promise<void>;
}

export const NO_ALTERNATE_SCREEN =
  "a stock server has one screen only: what a full-screen program drew stays when it ends";

export const SHELL: readonly string[] = ["bash", "--norc", "--noprofile", "-i"];

/** A stock server begins every session with an empty line, so the shell's screen is cleared first. */
export const cleared: Step = {
  does: "clear the screen",
  act: async (pane) => {
    await pane.waitForRow(/^\$/);
    // Not empty, so that an empty screen means that the next command has run.
    await pane.line("echo begin");
    await pane.waitForRow("begin");
    await pane.line("clear");
  },
  until: (screen) => textOf(screen).join("") === "$" && cursorAt(0, 2)(screen),
};

export const exitShell = (pane: Pane): Promise<void> => pane.line("exit");
