/**
 * Reports: answers to what the program asks (terminal.md 11). They go to the child only. Called by dispatch.ts.
 *
 * The replica answers DA1, DA2, DSR 5 and CPR; a host string never asks (display.md 4), but a program under test may.
 * The host role presents itself as a VT420 with colour and the optional features it has.
 */
import { MODE_ORIGIN } from "./layout";
import { ansiModeState, privateModeState } from "./modes";
import { parameter } from "./params";
import { beginAnswer, endAnswer, put, put4, putCsi, putNumber, putSt } from "./reply";
import { cursorCol, cursorRow, hasMode, isHost, leftLimit, topLimit } from "./screen";

/** The text of a version as XTVERSION tells it: Sterna(0.1). */
const VERSION: usize = memory.data<u8>([0x53, 0x74, 0x65, 0x72, 0x6e, 0x61, 0x28, 0x30, 0x2e, 0x31, 0x29]);
const VERSION_LENGTH: usize = 11;

// vt: DA1 | CSI c, ESC Z | what the terminal is | replica: 62 | host: 64;1;6;15;22;28 (VT420, 132 columns, selective erase, technical set, colour, rectangles)
export function primaryAttributes(t: usize): void {
  if (isHost(t) && parameter(0, 0) != 0) return;
  beginAnswer();
  putCsi();
  put4(0x32363f); // ?62
  put(0x63);
  endAnswer(t);
}

// vt: DA2 | CSI > c | version | 1;10;0
export function secondaryAttributes(t: usize): void {
  if (isHost(t) && parameter(0, 0) != 0) return;
  beginAnswer();
  putCsi();
  put4(0x313b313e); // >1;1
  put4(0x63303b30); // 0;0c
  endAnswer(t);
}

// vt: DSR | CSI 5 n, CSI 6 n | status, cursor position | replica: position is absolute in origin mode
export function deviceStatus(t: usize): void {
  beginAnswer();
  putCsi();
  switch (parameter(0, 0)) {
    case 5:
      put4(0x6e30); // 0n
      break;
    case 6:
      putPosition(t);
      put(0x52);
      break;
    default:
      return;
  }
  endAnswer(t);
}

/** row ; column, from 1. */
function putPosition(t: usize): void {
  const relative = isHost(t) && hasMode(t, MODE_ORIGIN);
  putNumber(cursorRow(t) + 1 - (relative ? topLimit(t) : 0));
  put(0x3b);
  putNumber(cursorCol(t) + 1 - (relative ? leftLimit(t) : 0));
}
