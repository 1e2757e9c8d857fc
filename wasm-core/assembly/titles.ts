/**
 * Window title, icon name and the stack of both (XTWINOPS 22, 23). Called by osc.ts, window.ts and reset.ts.
 *
 * What goes to the peer is bounded by what a stock client takes: a title is at most 254 code points (terminal.md 13).
 */
import { MODE_TITLE_SET, T_ICON, T_TITLE } from "./layout";
import { allocZeroed, newText, release, releaseText, retainText } from "./memory";
import { setMode } from "./screen";
import { T_TITLE_STACK, T_TITLE_STACK_USED, TITLE_STACK_LIMIT } from "./state";

/** Replaces the text in `field` by `text`, which it now owns. */
export function replaceText(t: usize, field: usize, text: usize): void {
  releaseText(<usize>load<u32>(t + field));
  store<u32>(t + field, <u32>text);
}

/** Sets icon name and/or title to `length` bytes. */
export function setTitles(t: usize, icon: bool, title: bool, bytes: usize, length: i32): void {
  const text = newText(bytes, length);
  if (icon) {
    retainText(text);
    replaceText(t, T_ICON, text);
  }
  if (title) {
    retainText(text);
    replaceText(t, T_TITLE, text);
  }
  releaseText(text);
  setMode(t, MODE_TITLE_SET, true);
}

// ---- the stack: TITLE_STACK_LIMIT pairs of u32 text pointers, icon name and title

const STACK_BYTES: usize = (<usize>TITLE_STACK_LIMIT) << 3;

function stackEntry(t: usize, index: u32): usize {
  return <usize>load<u32>(t, T_TITLE_STACK) + ((<usize>index) << 3);
}

/** Pushes both; a full stack forgets its oldest entry. */
export function pushTitles(t: usize): void {
  if (load<u32>(t, T_TITLE_STACK) == 0) {
    const stack = allocZeroed(STACK_BYTES);
    if (stack == 0) return;
    store<u32>(t, <u32>stack, T_TITLE_STACK);
  }
  let used = load<u32>(t, T_TITLE_STACK_USED);
  if (used == TITLE_STACK_LIMIT) {
    const bottom = stackEntry(t, 0);
    releaseText(<usize>load<u32>(bottom));
    releaseText(<usize>load<u32>(bottom, 4));
    memory.copy(bottom, bottom + 8, STACK_BYTES - 8);
    used--;
  }
  const entry = stackEntry(t, used);
  const icon = load<u32>(t, T_ICON);
  const title = load<u32>(t, T_TITLE);
  retainText(<usize>icon);
  retainText(<usize>title);
  store<u32>(entry, icon);
  store<u32>(entry, title, 4);
  store<u32>(t, used + 1, T_TITLE_STACK_USED);
}

/** Pops an entry and restores what is asked for. */
export function popTitles(t: usize, icon: bool, title: bool): void {
  const used = load<u32>(t, T_TITLE_STACK_USED);
  if (used == 0) return;
  const entry = stackEntry(t, used - 1);
  const savedIcon = <usize>load<u32>(entry);
  const savedTitle = <usize>load<u32>(entry, 4);
  if (icon) replaceText(t, T_ICON, savedIcon);
  else releaseText(savedIcon);
  if (title) replaceText(t, T_TITLE, savedTitle);
  else releaseText(savedTitle);
  store<u32>(t, used - 1, T_TITLE_STACK_USED);
  setMode(t, MODE_TITLE_SET, true);
}

export function freeTitleStack(t: usize): void {
  const stack = <usize>load<u32>(t, T_TITLE_STACK);
  if (stack == 0) return;
  for (let i: u32 = 0; i < load<u32>(t, T_TITLE_STACK_USED); i++) {
    releaseText(<usize>load<u32>(stackEntry(t, i)));
    releaseText(<usize>load<u32>(stackEntry(t, i), 4));
  }
  release(stack, STACK_BYTES);
  store<u32>(t, 0, T_TITLE_STACK);
  store<u32>(t, 0, T_TITLE_STACK_USED);
}

/** Gives the fresh copy `t` (whose fields still point at the original's) a stack of its own. */
export function copyTitleStack(t: usize): void {
  const stack = <usize>load<u32>(t, T_TITLE_STACK);
  if (stack == 0) return;
  const copy = allocZeroed(STACK_BYTES);
  memory.copy(copy, stack, STACK_BYTES);
  store<u32>(t, <u32>copy, T_TITLE_STACK);
  for (let i: u32 = 0; i < load<u32>(t, T_TITLE_STACK_USED); i++) {
    retainText(<usize>load<u32>(stackEntry(t, i)));
    retainText(<usize>load<u32>(stackEntry(t, i), 4));
  }
}
