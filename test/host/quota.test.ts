/** One user cannot take all connections of the control socket, nor fill a session with viewers. */
import { expect, test } from "bun:test";
import { ConnectionQuota } from "../../server/host/connection-quota.ts";

test("32 for a user, 512 for all, root as many as there are", () => {
  const quota = new ConnectionQuota();
  for (let i = 0; i < 32; i++) expect(quota.enter(1000)).toBe(true);
  expect(quota.enter(1000)).toBe(false);
  for (let i = 0; i < 100; i++) expect(quota.enter(0)).toBe(true);
  expect(quota.enter(1001)).toBe(true);
  quota.leave(1000);
  expect(quota.enter(1000)).toBe(true);
  expect(quota.enter(1000)).toBe(false);
  for (let i = 0; i < 512 - 32 - 100 - 1; i++) expect(quota.enter(0)).toBe(true);
  expect(quota.enter(0)).toBe(false);
  quota.leave(0);
  expect(quota.enter(1002)).toBe(true);
});
