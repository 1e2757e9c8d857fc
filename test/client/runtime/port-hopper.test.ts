/** Port hopping in virtual time [P 5.5]. */
import { expect, test } from "bun:test";
import { PortHopper } from "../../../client/port-hopper.ts";

const NEVER = Number.NEGATIVE_INFINITY;

test("with no server: datagrams every 3 s, the one after 12 s moves to a new port", () => {
  const hopper = new PortHopper(0);
  const hops: number[] = [];
  for (let now = 0; now <= 45_000; now += 3000) if (hopper.hop(now, NEVER)) hops.push(now);
  expect(hops).toEqual([12_000, 24_000, 36_000]);
});

test("not before more than 10 s since the last hop and since the last success", () => {
  const hopper = new PortHopper(1000);
  expect(hopper.hop(11_000, NEVER)).toBe(false);
  expect(hopper.hop(11_001, 1001)).toBe(false);
  expect(hopper.hop(11_001, 1000)).toBe(true);
  expect(hopper.hop(21_001, NEVER)).toBe(false);
  expect(hopper.hop(21_002, NEVER)).toBe(true);
});

test("old ports: ten at most, only the newest when the last hop is more than 60 s ago", () => {
  const hopper = new PortHopper(0);
  expect(hopper.surplus(1_000_000, 1)).toBe(0);
  expect(hopper.hop(100_000, NEVER)).toBe(true);
  expect(hopper.surplus(160_000, 10)).toBe(0);
  expect(hopper.surplus(160_000, 12)).toBe(2);
  expect(hopper.surplus(160_001, 3)).toBe(2);
});
