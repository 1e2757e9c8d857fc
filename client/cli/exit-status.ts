/** Exit status of a child as a shell counts it. */
import { constants } from "node:os";

/** @returns 0..255; 128 + the signal's number if a signal ended it */
export function exitStatus(child: { exitCode: number | null; signalCode: NodeJS.Signals | null }): number {
  if (child.signalCode !== null) return 128 + (constants.signals[child.signalCode] ?? 0);
  return child.exitCode ?? 255;
}
