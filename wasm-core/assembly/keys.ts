/** Collected characters of a control function, in place for its key: (collected << 8) | final. */
export const BANG: u32 = 0x2100; // !
export const HASH: u32 = 0x2300; // #
export const QUOTE: u32 = 0x2200; // "
export const APOSTROPHE: u32 = 0x2700; // '
export const DOLLAR: u32 = 0x2400; // $
export const AMPERSAND: u32 = 0x2600; // &
export const STAR: u32 = 0x2a00; // *
export const SPACE: u32 = 0x2000;
export const EQUALS: u32 = 0x3d00; // =
export const GREATER: u32 = 0x3e00; // >
export const QUESTION: u32 = 0x3f00; // ?
export const QUESTION_DOLLAR: u32 = 0x3f2400; // ? … $

export const REP: u32 = 0x62;
