/**
 * Plays a scenario: directly in a terminal, to record the screen after each step, and in a session, to compare. Used by
 * the interop tests.
 */
import { expect } from "bun:test";
import type { Home } from "../drivers/home.ts";
import {
  type ClientOptions,
  type Pair,
  type Server,
  startClient,
  startServer,
} from "../drivers/peers-run.ts";
import { gone } from "../drivers/processes.ts";
import type { Screen } from "../drivers/screen.ts";
import type { Pane, Tmux } from "../drivers/tmux.ts";
import type { Exception, Scenario, Step } from "./scenario.ts";

export interface Session {
  readonly server: Server;
  readonly pane: Pane;
}

export function sizeOf({ cols = 80, rows = 24 }: Scenario): { cols: number; rows: number } {
  return { cols, rows };
}

/** The screen after each step when the scenario's program runs directly in the terminal. */
export async function recordDirectly(tmux: Tmux, home: Home, scenario: Scenario): Promise<Screen[]> {
  const { command } = scenario;
  const pane = await tmux.open({ command, env: home.direct, ...sizeOf(scenario), cwd: home.path });
  const screens: Screen[] = [];
  for (const step of scenario.steps) {
    await step.act?.(pane);
    screens.push(await pane.settle(`${scenario.name}, directly: ${step.does}`, step.until));
  }
  await scenario.quit(pane);
  await pane.exit();
  await pane.close();
  return screens;
}

/** A server with `command` in its session, and a client of it. */
export async function connect(
  tmux: Tmux,
  home: Home,
  pair: Pair,
  command: readonly string[],
  options: ClientOptions = {},
): Promise<Session> {
  const server = await startServer(pair.server, home, { command });
  return { server, pane: await startClient(pair.client, tmux, home, server, options) };
}

function exceptionOf(step: Step, { client, server }: Pair): Exception | undefined {
  if (server !== "stock") return undefined;
  return step.stockServerDiffers ?? (client === "stock" ? step.stockPairDiffers : undefined);
}

/** Does the scenario's steps in a session of the given pair; each must lead to the recorded screen. */
export async function play(
  scenario: Scenario,
  reference: readonly Screen[],
  pane: Pane,
  pair: Pair,
  deadlineMs?: number,
): Promise<void> {
  for (const [i, step] of scenario.steps.entries()) {
    try {
      await step.act?.(pane);
      const exception = exceptionOf(step, pair);
      if (exception) {
        if (!exception.blind) await pane.waitFor(step.does, step.until, deadlineMs);
      } else await pane.waitForScreen(reference[i]!, {}, deadlineMs);
    } catch (error) {
      throw new Error(`${step.does}: ${(error as Error).message}`);
    }
  }
  await scenario.quit(pane);
}

/** The client says goodbye with the given status, and the server's process ends too. */
export async function ends({ server, pane }: Session, status = 0): Promise<void> {
  const end = await pane.exit();
  expect(end.text).toEndWith("[mosh is exiting.]");
  if (end.status !== status) throw new Error(`status ${end.status} instead of ${status}:\n${end.text}`);
  await gone([server.pid]);
  await pane.close();
}
