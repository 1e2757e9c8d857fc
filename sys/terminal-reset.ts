/** What a session may have switched on in a person's terminal, off again. Used by the client and by streams. */

/**
 * Everything but the alternate screen. Stock leaves out bracketed paste (2004), focus reports (1004), reverse video (5) and
 * X10 mouse (9), so a session that dies in a full-screen program leaves them on.
 */
export const TERMINAL_RESET =
  "\x1b[?1l\x1b[0m\x1b[?25h\x1b[?1003l\x1b[?1002l\x1b[?1001l\x1b[?1000l\x1b[?1015l\x1b[?1006l\x1b[?1005l" +
  "\x1b[?9l\x1b[?1004l\x1b[?2004l\x1b[?5l";
