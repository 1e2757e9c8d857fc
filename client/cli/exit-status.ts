/** Exit status of a child as a shell counts it. */
import { constants } from "node:os";

const SIGNALS: Readonly<Record<string, number>> = constants.signals;

/** @returns 0..255; 128 + the signal's number if a signal ended it */
export function exitStatus(child: { exitCode: number | null; signalCode: string | number | null }): number {
  const signal = child.signalCode;
  if (signal === null) return child.exitCode ?? 255;
  return 128 + (typeof signal === "number" ? signal : (SIGNALS[signal] ?? 0));
}
