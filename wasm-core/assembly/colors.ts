/** Colours: the nearest colour of the 256-colour palette. Used by lineage.ts when its table of styles is full. */

/** Level 0..5 of xterm's 6×6×6 cube (0, 95, 135, 175, 215, 255) nearest to a component. */
function cubeLevel(v: i32): i32 {
  if (v < 48) return 0;
  if (v < 115) return 1;
  return (v - 35) / 40;
}

function cubeValue(level: i32): i32 {
  return level ? 55 + level * 40 : 0;
}

function distance(r: i32, g: i32, b: i32): i32 {
  return r * r + g * g + b * b;
}

/** Palette index 16..255 (cube or grey ramp) nearest to 0xRRGGBB. */
export function nearestPalette(rgb: u32): u32 {
  const r = <i32>(rgb >> 16) & 255;
  const g = <i32>(rgb >> 8) & 255;
  const b = <i32>rgb & 255;
  const cr = cubeLevel(r);
  const cg = cubeLevel(g);
  const cb = cubeLevel(b);
  const cube = distance(cubeValue(cr) - r, cubeValue(cg) - g, cubeValue(cb) - b);
  // The grey ramp 232..255 is 8, 18, … 238.
  const step = max(0, min(23, ((r + g + b) / 3 - 3) / 10));
  const grey = 8 + step * 10;
  if (distance(grey - r, grey - g, grey - b) < cube) return <u32>(232 + step);
  return <u32>(16 + cr * 36 + cg * 6 + cb);
}
