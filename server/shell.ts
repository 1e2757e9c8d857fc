/**
 * What the session's child is: program, arguments, environment, directory. Called by session.ts.
 */
import { accessSync, constants, statSync } from "node:fs";
import { basename } from "node:path";
import type { Environment } from "../sys/environment.ts";
import { type Account, systemAccount } from "./account.ts";

export interface ChildPlan {
  readonly command: readonly string[];
  readonly argv0: string | undefined;
  /** The user's login shell, so the notices of a login belong on the screen. */
  readonly login: boolean;
  readonly environment: Environment;
  readonly directory: string;
  /** Whom the terminal is given to; undefined: it stays this process's user's. */
  readonly terminalOwner?: { readonly uid: number } | undefined;
  /** The program only waits for the one that matters, and does not hear the hang-up. */
  readonly waits?: boolean | undefined;
  /** Soft limit of open files; undefined: this process's own. */
  readonly openFiles?: number | undefined;
  /** A line for the screen, if something is not as the user would expect. */
  readonly complaint: string | undefined;
}

/** The directory for a user whose home is missing. */
const ROOT = "/";
const DEFAULT_SHELL = "/bin/sh";

/**
 * @param command undefined: the login shell
 * @param colors number of colors of the user's terminal
 * @param account asked only for what the environment does not say
 * @param openFiles soft limit of open files; undefined: this process\'s own, which is raised
 */
export function planChild(
  command: readonly string[] | undefined,
  colors: number,
  environment: Environment,
  account: () => Pick<Account, "home" | "shell"> | undefined = systemAccount,
  openFiles?: number,
): ChildPlan {
  const home = environment.HOME || account()?.home || ROOT;
  const shell = environment.SHELL ?? account()?.shell;
  const reachable = canEnter(home);
  const directory = reachable ? home : ROOT;
  const { STY: _, ...inherited } = environment;
  const child = {
    ...inherited,
    HOME: home,
    ...(shell === undefined ? {} : { SHELL: shell }),
    PWD: directory,
    TERM: colors === 256 ? "xterm-256color" : "xterm",
    // ncurses would otherwise switch to the line-drawing set, which stock's terminals do not have.
    NCURSES_NO_UTF8_ACS: "1",
  };
  const program = shell || DEFAULT_SHELL;
  return {
    command: command ?? [program],
    argv0: command ? undefined : `-${basename(program)}`,
    login: command === undefined,
    environment: child,
    directory,
    ...(openFiles === undefined ? {} : { openFiles }),
    complaint: reachable ? undefined : `Could not chdir to home directory ${home}`,
  };
}

/** A directory that can be entered. */
function canEnter(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
