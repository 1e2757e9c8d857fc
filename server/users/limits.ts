/** The operator's limits laid on whatever root starts for a user. Called by shard-process.ts and run-line.ts. */
import { mostOpenFiles } from "../../sys/open-files.ts";
import { confined, ROOT_PATH, type RootPlan } from "./start-plan.ts";

/** As in the configuration: 0 is no limit. */
export interface Limits {
  readonly files: number;
  readonly processes: number;
  /** Bytes. */
  readonly memory: number;
}

/** The plan with the limits, where there is a program that lays them on. */
export function underLimits(plan: RootPlan, { files, processes, memory }: Limits): RootPlan {
  const mostFiles = mostOpenFiles();
  if (mostFiles === undefined || !hasPrlimit()) return plan;
  return confined(
    plan,
    { files: files || undefined, processes: processes || undefined, memory: memory || undefined },
    mostFiles,
  );
}

/** util-linux has it; elsewhere there are no limits to lay on. */
export function hasPrlimit(): boolean {
  return Bun.which("prlimit", { PATH: ROOT_PATH }) !== null;
}
