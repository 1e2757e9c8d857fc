/**
 * Device control strings (host role; the replica swallows them). Called by parser.ts when a DCS ends with ST; one that
 * is cancelled is forgotten. Unknown ones are ignored.
 */
import { endString } from "./strings";

export function dcsEnd(t: usize): void {
  endString(t);
}
