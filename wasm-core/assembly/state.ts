/**
 * The private part of the terminal struct: parser, margins, tabs, saved cursors, character sets, answers.
 *
 * layout.ts owns the part that the diff and the lineage read; only the emulator's own files (parser, dispatch and the
 * handlers) import this one. Offsets and limits only, no rules.
 */
import { T_PRIVATE } from "./layout";

// ---- limits: every byte string is legal input, so everything a program can grow is bounded here
/** Largest screen; what is beyond is clamped. A million cells (8 MB) are more than an 8K display has at any font. */
export const MAX_COLS: i32 = 4096;
export const MAX_ROWS: i32 = 4096;
export const MAX_CELLS: i32 = 1 << 20;
/** Parameter text kept of one control sequence, in characters (terminal.md 3). */
export const PARAM_TEXT_LIMIT: i32 = 100;
/** The host role keeps more: a line of colon-separated RGB colours with underline colour is longer than 100. */
export const PARAM_TEXT_LIMIT_HOST: i32 = 256;
/** Bit of T_PARAM_LENGTH: the list was too long and has been cut. */
export const PARAM_TEXT_CUT: u32 = 1 << 30;
/** Characters of an OSC (or DCS) string that are kept (terminal.md 3). */
export const STRING_LIMIT: u32 = 16384;
/** A title ends at this character of the OSC string, number and semicolon included (terminal.md 13). */
export const TITLE_LIMIT: u32 = 256;
/** Bytes of unread answers after which further answers are dropped; typed input is never dropped. */
export const REPLY_LIMIT: u32 = 1 << 16;
/** A cell that holds this many bytes takes no further zero-width character (terminal.md 5). */
export const CELL_TEXT_LIMIT: i32 = 32;
/** Entries of the window title stack (CSI 22 t), as in xterm. */
export const TITLE_STACK_LIMIT: u32 = 10;

// ---- parser
/** u8, one of STATE_*. */
export const T_STATE: usize = T_PRIVATE;
/** u8, state of the translation of typed bytes, one of INPUT_*. */
export const T_INPUT_STATE: usize = T_PRIVATE + 1;
/** u8, length of the UTF-8 sequence in progress (0 = none), and u8 bytes of it seen. */
export const T_UTF8_LENGTH: usize = T_PRIVATE + 2;
export const T_UTF8_SEEN: usize = T_PRIVATE + 3;
export const T_UTF8_VALUE: usize = T_PRIVATE + 4;
/** u32, collected private and intermediate characters: at most two, packed; COLLECT_OVERFLOW beyond. */
export const T_COLLECT: usize = T_PRIVATE + 8;
/** u32, characters in T_PARAM_TEXT. */
export const T_PARAM_LENGTH: usize = T_PRIVATE + 12;
/** OSC or DCS string in progress: u32 buffer (UTF-8, 0 = none), its size, bytes used, characters used. */
export const T_STRING: usize = T_PRIVATE + 16;
export const T_STRING_SIZE: usize = T_PRIVATE + 20;
export const T_STRING_BYTES: usize = T_PRIVATE + 24;
export const T_STRING_CHARS: usize = T_PRIVATE + 28;
/** u32, function key (see dispatch.ts) of the DCS whose string is being collected. */
export const T_DCS_KEY: usize = T_PRIVATE + 32;
/** Answers and translated input waiting for the child: u32 buffer (0 = none), its size, bytes used. */
export const T_REPLY: usize = T_PRIVATE + 36;
export const T_REPLY_SIZE: usize = T_PRIVATE + 40;
export const T_REPLY_LENGTH: usize = T_PRIVATE + 44;

// ---- screen
/** u32 pointer to a bit set of tab stops, 0 = every eighth column; u32 columns it covers. */
export const T_TABS: usize = T_PRIVATE + 48;
export const T_TABS_COLS: usize = T_PRIVATE + 52;
/** i32, DECSLRM margins; 0 and cols-1 unless MODE_LEFT_RIGHT. */
export const T_MARGIN_LEFT: usize = T_PRIVATE + 56;
export const T_MARGIN_RIGHT: usize = T_PRIVATE + 60;
/** u32, bits or-ed into the content word of printed cells: CELL_PROTECTED or 0 (DECSCA, SPA). */
export const T_PEN_FLAGS: usize = T_PRIVATE + 64;
/** u32, which kind of protection was used last: PROTECT_* (as in xterm, it decides which erasures respect it). */
export const T_PROTECTION: usize = T_PRIVATE + 68;
/** u32, last printed code point for REP, 0 = none. */
export const T_LAST_PRINTED: usize = T_PRIVATE + 72;
/** Four bytes: sets designated as G0..G3 (CHARSET_*). */
export const T_CHARSETS: usize = T_PRIVATE + 76;
/** u8 index of the set in GL, u8 in GR, u8 single shift pending (2, 3 or 0). */
export const T_GL: usize = T_PRIVATE + 80;
export const T_GR: usize = T_PRIVATE + 81;
export const T_SINGLE_SHIFT: usize = T_PRIVATE + 82;
/** u8, DECSCUSR value as set by the program, 0 = default. */
export const T_CURSOR_STYLE: usize = T_PRIVATE + 83;
/** u32 bit set of MODE2_*. */
export const T_MODES2: usize = T_PRIVATE + 84;
/** u32 pointer to TITLE_STACK_LIMIT pairs (icon, title) of text pointers, 0 = none; u32 entries used. */
export const T_TITLE_STACK: usize = T_PRIVATE + 88;
export const T_TITLE_STACK_USED: usize = T_PRIVATE + 92;
/** XTSAVE: copies of T_MODES, T_MODES2, mouse mode and encoding. */
export const T_XTSAVE: usize = T_PRIVATE + 96;
/** u32, XTCHECKSUM flags. */
export const T_CHECKSUM_FLAGS: usize = T_PRIVATE + 112;
/** u32, DECSACE: 2 = rectangle, else stream. */
export const T_ATTRIBUTE_EXTENT: usize = T_PRIVATE + 116;
/** u32, conformance level of DECSCL, 1..5. */
export const T_LEVEL: usize = T_PRIVATE + 120;

/**
 * What skip.ts remembers from write to write, none of it visible: u32 bytes to let pass before it looks again, u32 bytes
 * to let pass after the next failure, u32 bytes of a line.
 */
export const T_SKIP_WAIT: usize = T_PRIVATE + 124;
export const T_SKIP_PAUSE: usize = T_PRIVATE + 128;
export const T_SKIP_LINE: usize = T_PRIVATE + 132;

/**
 * Saved cursor of the main screen, then (host) of the alternate screen:
 *   0 i32 row │ 4 i32 column │ 8 u32 modes (MODE_AUTOWRAP, MODE_ORIGIN, MODE_PENDING_WRAP)
 *   12 u32 charsets │ 16 u32 GL, GR, single shift │ 20 u32 pen flags
 * The saved pens are in the public part (T_SAVED_PEN, T_SAVED_PEN_ALTERNATE).
 */
export const T_SAVED: usize = T_PRIVATE + 136;
export const SAVED_SIZE: usize = 24;
export const SAVED_ROW: usize = 0;
export const SAVED_COL: usize = 4;
export const SAVED_MODES: usize = 8;
export const SAVED_CHARSETS: usize = 12;
export const SAVED_SHIFTS: usize = 16;
export const SAVED_PEN_FLAGS: usize = 20;

/** PARAM_TEXT_LIMIT_HOST bytes. Last, so that a snapshot need not copy it. */
export const T_PARAM_TEXT: usize = T_SAVED + 2 * SAVED_SIZE;
export const T_SIZE: usize = T_PARAM_TEXT + <usize>PARAM_TEXT_LIMIT_HOST;

// ---- parser states (terminal.md 3)
export const STATE_GROUND: u32 = 0;
export const STATE_ESCAPE: u32 = 1;
export const STATE_ESCAPE_INTERMEDIATE: u32 = 2;
export const STATE_CSI_ENTRY: u32 = 3;
export const STATE_CSI_PARAM: u32 = 4;
export const STATE_CSI_INTERMEDIATE: u32 = 5;
export const STATE_CSI_IGNORE: u32 = 6;
export const STATE_OSC: u32 = 7;
/** SOS, PM, APC; in the replica role also a DCS: swallowed. */
export const STATE_IGNORED_STRING: u32 = 8;
/** Host role only. */
export const STATE_DCS_ENTRY: u32 = 9;
export const STATE_DCS_PARAM: u32 = 10;
export const STATE_DCS_INTERMEDIATE: u32 = 11;
export const STATE_DCS_STRING: u32 = 12;

export const COLLECT_OVERFLOW: u32 = 0xffff;

// ---- user input translation (terminal.md 14)
export const INPUT_GROUND: u32 = 0;
export const INPUT_ESCAPE: u32 = 1;
export const INPUT_SS3: u32 = 2;

// ---- protection (DECSCA = DEC, SPA/EPA = ISO)
export const PROTECT_NONE: u32 = 0;
export const PROTECT_DEC: u32 = 1;
export const PROTECT_ISO: u32 = 2;

// ---- DECSACE
export const EXTENT_RECTANGLE: u32 = 2;

// ---- XTCHECKSUM flags. To begin with attributes do not count and blanks do: what test suites expect.
export const CHECKSUM_POSITIVE: u32 = 1;
export const CHECKSUM_ATTRIBUTES_OFF: u32 = 1 << 1;
export const CHECKSUM_SKIP_BLANK_OFF: u32 = 1 << 2;
export const CHECKSUM_SKIP_EMPTY: u32 = 1 << 3;
export const CHECKSUM_WIDE: u32 = 1 << 4;
export const CHECKSUM_INITIAL: u32 = CHECKSUM_ATTRIBUTES_OFF | CHECKSUM_SKIP_BLANK_OFF;

// ---- conformance level (DECSCL): 1..5
export const LEVEL_HIGHEST: u32 = 5;

// ---- T_MODES2: modes nobody but the emulator looks at
/** Tab stops at multiples of eight appear in columns gained by a resize (terminal.md 1.4). */
export const MODE2_DEFAULT_TABS: u32 = 1;
export const MODE2_NEWLINE: u32 = 1 << 1;
export const MODE2_LEFT_RIGHT: u32 = 1 << 2;
export const MODE2_REVERSE_WRAP: u32 = 1 << 3;
export const MODE2_EXTENDED_REVERSE_WRAP: u32 = 1 << 4;
export const MODE2_ALLOW_COLUMNS: u32 = 1 << 5;
export const MODE2_COLUMNS_132: u32 = 1 << 6;
export const MODE2_KEYPAD: u32 = 1 << 7;
export const MODE2_CURSOR_BLINK: u32 = 1 << 8;
export const MODE2_SMOOTH_SCROLL: u32 = 1 << 9;
export const MODE2_BACKARROW: u32 = 1 << 11;
export const MODE2_NO_CLEAR_ON_COLUMNS: u32 = 1 << 12;
export const MODE2_NATIONAL: u32 = 1 << 13;
export const MODE2_KEYBOARD_LOCKED: u32 = 1 << 14;
export const MODE2_SEND_RECEIVE: u32 = 1 << 15;
/** The set in GL maps characters, or a single shift is pending: text cannot be taken as it comes. */
export const MODE2_MAPPED: u32 = 1 << 16;
/** DECPFF, DECPEX and xterm's font shifting: nothing here prints or shifts, but the modes can be set and asked for. */
export const MODE2_PRINT_FORM_FEED: u32 = 1 << 17;
export const MODE2_PRINT_EXTENT: u32 = 1 << 18;
export const MODE2_FONT_SHIFT: u32 = 1 << 19;
/** xterm's "more" fix (41): HT in pending wrap wraps first. */
export const MODE2_MORE_FIX: u32 = 1 << 20;
