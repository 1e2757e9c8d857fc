/** The module's exports as TypeScript sees them; mirrors assembly/index.ts line by line. Pointers are numbers. */
export interface Abi {
  readonly memory: WebAssembly.Memory;
  readonly ABI_VERSION: WebAssembly.Global;

  // crypto
  aes_decrypt(keys: number, at: number, count: number): void;
  aes_decrypt_pair(keys: number, at: number): void;
  aes_decrypt_threes(keys: number, at: number, count: number): void;
  aes_encrypt(keys: number, at: number, count: number): void;
  aes_encrypt_pair(keys: number, at: number): void;
  aes_encrypt_threes(keys: number, at: number, count: number): void;
  ocb_blocks(context: number): bigint;
  ocb_burn(context: number, sequences: bigint, blocks: bigint): void;
  ocb_create_opener(): number;
  ocb_create_sealer(direction: number): number;
  ocb_free(context: number): void;
  ocb_key(context: number): number;
  ocb_open(context: number, length: number): number;
  ocb_open_begin(context: number, length: number): number;
  ocb_open_begin_ad(
    context: number,
    nonceLength: number,
    ad: number,
    adLength: number,
    length: number,
    tagLength: number,
  ): number;
  ocb_open_finish(context: number, length: number, tagLength: number): number;
  ocb_seal(context: number, length: number): number;
  ocb_seal_begin(context: number, length: number): number;
  ocb_seal_begin_ad(
    context: number,
    nonceLength: number,
    ad: number,
    adLength: number,
    length: number,
    tagLength: number,
  ): number;
  ocb_seal_finish(context: number, length: number): void;
  ocb_sequence(context: number): bigint;
  ocb_staging(): number;

  // memory
  /** Bytes of all blocks handed out by the pools. */
  memory_in_use(): number;
  /** Bytes of linear memory the pools own, in use or free. */
  memory_reserved(): number;
  /** A block that is not counted as in use, 0 = memory exhausted. */
  memory_scratch(bytes: number): number;
  memory_release_scratch(block: number, bytes: number): void;

  // terminal: life. 0 = memory exhausted
  terminal_create(cols: number, rows: number, role: number): number;
  terminal_clone(t: number): number;
  terminal_snapshot(t: number): number;
  terminal_free(t: number): void;

  // terminal: events
  /** 0 = nothing done, memory exhausted; at most 256 KiB. */
  terminal_held_end(buffer: number): number;
  terminal_may_hold(t: number, buffer: number, from: number, to: number): number;
  terminal_feed(t: number, bytes: number, length: number): number;
  /** 0 = nothing done, memory exhausted. */
  terminal_resize(t: number, cols: number, rows: number): number;
  terminal_input(t: number, bytes: number, length: number): void;
  terminal_reply_ptr(t: number): number;
  terminal_reply_length(t: number): number;
  terminal_clear_replies(t: number): void;

  // terminal: reading
  terminal_field(t: number, field: number): number;
  terminal_tab(t: number, col: number): number;
  terminal_text_ptr(t: number, which: number): number;
  terminal_text_length(t: number, which: number): number;
  terminal_row_cells(t: number, row: number): number;
  terminal_cluster_ptr(t: number, content: number): number;
  terminal_cluster_length(t: number, content: number): number;
  terminal_style(t: number, style: number, part: number): number;
  terminal_link_ptr(t: number, link: number, url: number): number;
  terminal_link_length(t: number, link: number, url: number): number;
  terminal_width(t: number, codePoint: number): number;
  cell_content(t: number, row: number, col: number): number;
  cell_style(t: number, row: number, col: number): number;

  // terminal: overlays
  terminal_set_cursor(t: number, row: number, col: number): void;
  terminal_set_cursor_visible(t: number, visible: number): void;
  terminal_set_text(t: number, which: number, bytes: number, length: number): void;
  cell_copy(t: number, row: number, col: number, from: number, fromRow: number, fromCol: number): void;
  cell_set_text(t: number, row: number, col: number, bytes: number, length: number, flags: number): void;
  cell_set_style(
    t: number,
    row: number,
    col: number,
    foreground: number,
    background: number,
    underlineColor: number,
    attributes: number,
    link: number,
  ): void;

  // display
  /** Length of the frame at display_output; -1 memory exhausted, -2 not of one lineage. `flags`: DIFF. */
  display_diff(from: number, to: number, flags: number): number;
  display_output(): number;
  /** 1, 0, or -2 not of one lineage. */
  display_equals(a: number, b: number): number;
}

// ---- constants of assembly/layout.ts, state.ts and access.ts that this side reads

export const ROLE_HOST = 1;
export const ROLE_REPAIR_D1 = 2;

/** Argument of terminal_field. */
export const FIELD = {
  cols: 0,
  rows: 1,
  cursorRow: 2,
  cursorCol: 3,
  modes: 4,
  modes2: 5,
  mouseMode: 6,
  mouseEncoding: 7,
  bellCount: 8,
  regionTop: 9,
  regionBottom: 10,
  marginLeft: 11,
  marginRight: 12,
  combiningRow: 13,
  combiningCol: 14,
  pen: 15,
  savedRow: 16,
  savedCol: 17,
  savedPen: 18,
  savedModes: 19,
  cursorStyle: 20,
  role: 21,
  parser: 22,
} as const;

/** Argument of terminal_text_…. */
export const TEXT = { title: 0, icon: 1, clipboard: 2 } as const;

/** Bits of FIELD.modes. */
export const MODE = {
  cursorVisible: 1,
  reverseVideo: 1 << 1,
  bracketedPaste: 1 << 2,
  focus: 1 << 3,
  alternateScroll: 1 << 4,
  titleSet: 1 << 5,
  pendingWrap: 1 << 6,
  origin: 1 << 7,
  autowrap: 1 << 8,
  insert: 1 << 9,
  appCursorKeys: 1 << 10,
  alternateScreen: 1 << 11,
  synchronized: 1 << 12,
} as const;

/** Bits of FIELD.modes2. */
export const MODE2 = { defaultTabs: 1 } as const;

/** Bits of a cell's content word. */
export const CELL = {
  contentMask: 0x1fffff,
  cluster: 1 << 21,
  wide: 1 << 22,
  fallback: 1 << 23,
  wrap: 1 << 24,
  protected: 1 << 25,
} as const;

/** Bits of the attributes of a rendition. */
export const ATTR = {
  bold: 1,
  faint: 1 << 1,
  italic: 1 << 2,
  underlineShift: 3,
  underlineMask: 7 << 3,
  blink: 1 << 6,
  inverse: 1 << 7,
  invisible: 1 << 8,
  strike: 1 << 9,
  overline: 1 << 10,
} as const;

/** Colours as whole values: tag in the top byte. */
export const COLOR = { default: 0, palette: 0x01000000, rgb: 0x02000000 } as const;

/** Argument of display_diff. */
export const DIFF = { initialized: 1, ech: 2, bce: 4, titles: 8, stock: 16, screen: 32 } as const;
