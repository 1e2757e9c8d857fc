/**
 * Reports: answers to what the program asks (terminal.md 11). They go to the child only. Called by dispatch.ts.
 *
 * The replica answers DA1, DA2, DSR 5 and CPR; a host string never asks (display.md 4), but a program under test may.
 * The host role presents itself as a VT420 with colour and the optional features it has.
 */
import { MODE_ORIGIN } from "./layout";
import { ansiModeState, privateModeState } from "./modes";
import { parameter } from "./params";
import { beginAnswer, endAnswer, put, put4, putBytes, putCsi, putDcs, putNumber, putSt } from "./reply";
import { columns, cursorCol, cursorRow, hasMode, isHost, leftLimit, rows, topLimit } from "./screen";
import { T_LEVEL } from "./state";

/** The answer to XTVERSION: "Sterna(0.1.0)". */
const VERSION: usize = memory.data<u8>([
  0x53, 0x74, 0x65, 0x72, 0x6e, 0x61, 0x28, 0x30, 0x2e, 0x31, 0x2e, 0x30, 0x29,
]);
const VERSION_LENGTH: u32 = 13;

/** 65;6;9;15;21;22;28: a VT520 with selective erase, national sets, technical set, horizontal scrolling, colour, rectangles. */
const ATTRIBUTES: usize = memory.data<u8>([
  0x3f, 0x36, 0x35, 0x3b, 0x36, 0x3b, 0x39, 0x3b, 0x31, 0x35, 0x3b, 0x32, 0x31, 0x3b, 0x32, 0x32, 0x3b, 0x32,
  0x38, 0x63,
]);
const ATTRIBUTES_LENGTH: u32 = 20;

// vt: DA1 · CSI c, C1 9A, ESC Z · what the terminal is · replica: 62, never for ESC Z · host: 65;6;9;15;21;22;28
export function primaryAttributes(t: usize): void {
  const host = isHost(t);
  if (host && parameter(0, 0) != 0) return;
  sendAttributes(t, host);
}

/** DECID has no parameters of its own. */
export function identify(t: usize): void {
  sendAttributes(t, true);
}

function sendAttributes(t: usize, host: bool): void {
  beginAnswer();
  putCsi();
  if (host) {
    putBytes(ATTRIBUTES, ATTRIBUTES_LENGTH);
  } else {
    put4(0x3236_3f); // ?62
    put(0x63);
  }
  endAnswer(t);
}

// vt: DA2 · CSI > c · kind and version · replica: 1;10;0 · host: 65;3000;0 (vim reads SGR mouse from the number, emacs does not wait for colours)
export function secondaryAttributes(t: usize): void {
  const host = isHost(t);
  if (host && parameter(0, 0) != 0) return;
  beginAnswer();
  putCsi();
  if (host) {
    put4(0x3b35363e); // >65;
    putNumber(3000);
    put4(0x63303b); // ;0c
  } else {
    put4(0x313b313e); // >1;1
    put4(0x63303b30); // 0;0c
  }
  endAnswer(t);
}

// vt: DA3 · CSI = c · unit identification: DCS ! | 00000000 ST · host only
export function tertiaryAttributes(t: usize): void {
  if (parameter(0, 0) != 0) return;
  beginAnswer();
  putDcs();
  put4(0x7c21); // !|
  put4(0x30303030);
  put4(0x30303030);
  putSt();
  endAnswer(t);
}

// vt: XTVERSION · CSI > q · name and version: DCS > | Sterna(…) ST · host only
export function version(t: usize): void {
  if (parameter(0, 0) != 0) return;
  beginAnswer();
  putDcs();
  put4(0x7c3e); // >|
  putBytes(VERSION, VERSION_LENGTH);
  putSt();
  endAnswer(t);
}

// vt: DECREQTPARM · CSI n x · terminal parameters · host only
export function terminalParameters(t: usize): void {
  const kind = parameter(0, 0);
  if (kind > 1) return;
  beginAnswer();
  putCsi();
  putNumber(2 + kind);
  put4(0x313b313b); // ;1;1
  put4(0x3832313b); // ;128
  put4(0x3832313b); // ;128
  put4(0x303b313b); // ;1;0
  put(0x78);
  endAnswer(t);
}

// vt: DSR · CSI 5 n, CSI 6 n · status, cursor position · replica: position is absolute in origin mode
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

/** CSI ? number n */
function sendStatus(t: usize, number: u32): void {
  beginAnswer();
  putCsi();
  put(0x3f);
  putNumber(number);
  put(0x6e);
  endAnswer(t);
}

// vt: DECDSR · CSI ? n n · 6 position with page, 15 no printer, 25 keys unlocked, 26 keyboard, 53 55 56 no locator, 62 63 no macros, 75 no errors, 85 one session · host only
export function decDeviceStatus(t: usize): void {
  switch (parameter(0, 0)) {
    case 6:
      beginAnswer();
      putCsi();
      put(0x3f);
      putPosition(t);
      put4(0x52313b); // ;1R
      endAnswer(t);
      break;
    case 15:
      sendStatus(t, 13);
      break;
    case 25:
      sendStatus(t, 20);
      break;
    case 26:
      beginAnswer();
      putCsi();
      put4(0x3b37323f); // ?27;
      put4(0x3b303b31); // 1;0;
      put4(0x6e30); // 0n
      endAnswer(t);
      break;
    case 53:
    case 55:
      sendStatus(t, 50);
      break;
    case 56:
      beginAnswer();
      putCsi();
      put4(0x3b37353f); // ?57;
      put4(0x6e30); // 0n
      endAnswer(t);
      break;
    case 62:
      beginAnswer();
      putCsi();
      put4(0x7b2a30); // 0*{
      endAnswer(t);
      break;
    case 63:
      beginAnswer();
      putDcs();
      putNumber(parameter(1, 0));
      put4(0x30307e21); // !~00
      put4(0x3030);
      putSt();
      endAnswer(t);
      break;
    case 75:
      sendStatus(t, 70);
      break;
    case 85:
      sendStatus(t, 83);
      break;
  }
}

// vt: DECRQM · CSI n $ p, CSI ? n $ p · state of a mode: 0 unknown, 1 set, 2 reset, 3 4 permanently so · host only
export function requestMode(t: usize, dec: bool): void {
  if (load<u32>(t, T_LEVEL) < 3) return;
  const mode = parameter(0, 0);
  beginAnswer();
  putCsi();
  if (dec) put(0x3f);
  putNumber(mode);
  put(0x3b);
  putNumber(dec ? privateModeState(t, mode) : ansiModeState(t, mode));
  put4(0x7924); // $y
  endAnswer(t);
}

// vt: DECRQUPSS · CSI & u · preferred supplemental set: DCS 0 ! u % 5 ST · host only
export function preferredSupplementalSet(t: usize): void {
  beginAnswer();
  putDcs();
  put4(0x25752130); // 0!u%
  put(0x35);
  putSt();
  endAnswer(t);
}

/** CSI kind ; rows ; columns t */
function sendSize(t: usize, kind: u32): void {
  beginAnswer();
  putCsi();
  putNumber(kind);
  put(0x3b);
  putNumber(rows(t));
  put(0x3b);
  putNumber(columns(t));
  put(0x74);
  endAnswer(t);
}

/**
 * The reports of XTWINOPS. Titles (20, 21) are not told: what a program has put there would come back as typed text.
 * Pixel sizes (14, 15, 16) are not known here.
 */
export function windowReport(t: usize, what: i32): void {
  switch (what) {
    case 11:
      beginAnswer();
      putCsi();
      put4(0x7431); // 1t
      endAnswer(t);
      break;
    case 13:
      beginAnswer();
      putCsi();
      put4(0x3b303b33); // 3;0;
      put4(0x7430); // 0t
      endAnswer(t);
      break;
    case 18:
      sendSize(t, 8);
      break;
    case 19:
      sendSize(t, 9);
      break;
  }
}
