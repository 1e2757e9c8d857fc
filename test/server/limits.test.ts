/** When a session nobody uses ends, in virtual time. */
import { describe, expect, test } from "bun:test";
import { IdleJudge, type Limits, parseLimits, type SessionActivity } from "../../server/limits.ts";

describe("the limits of the environment", () => {
  test.each<[value: string | undefined, seconds: number, complaint: string | undefined]>([
    [undefined, 0, undefined],
    ["", 0, undefined],
    ["0", 0, undefined],
    ["604800", 604800, undefined],
    [" +5", 5, undefined],
    ["4x", 4, "not a valid integer, ignoring"],
    ["4 ", 4, "not a valid integer, ignoring"],
    ["x", 0, "not a valid integer, ignoring"],
    ["-4", 0, "is negative, ignoring"],
  ])("%p is %p s", (value, seconds, complaint) => {
    for (const name of ["MOSH_SERVER_NETWORK_TMOUT", "MOSH_SERVER_SIGNAL_TMOUT"]) {
      const { limits, messages } = parseLimits(value === undefined ? {} : { [name]: value });
      expect(name.includes("NETWORK") ? limits.network : limits.signal).toBe(seconds * 1000);
      expect(messages).toEqual(complaint === undefined ? [] : [`${name} ${complaint}`]);
    }
  });
});

/** A judge whose clock starts at 0, and what it said. */
function judge(limits: Partial<Limits>): { judge: IdleJudge; said: string[] } {
  const said: string[] = [];
  return {
    judge: new IdleJudge({ network: 0, signal: 0, ...limits }, 0, (message) => said.push(message)),
    said,
  };
}

const waiting: SessionActivity = {
  lastClientState: 0,
  lastInput: 0,
  clientSeen: false,
  attached: false,
  shuttingDown: false,
};
const connected: SessionActivity = {
  lastClientState: 5000,
  lastInput: 5000,
  clientSeen: true,
  attached: true,
  shuttingDown: false,
};

describe("time", () => {
  test("a client that never comes is waited for 60 s", () => {
    const { judge: it, said } = judge({});
    expect(it.waitTime(waiting, 0)).toBe(60_000);
    expect(it.onTime(waiting, 59_999)).toBe("stay");
    expect(it.onTime(waiting, 60_000)).toBe("exit");
    expect(said).toEqual(["No connection within 60 seconds."]);
  });

  test("a shorter network limit ends that wait too", () => {
    const { judge: it, said } = judge({ network: 4000 });
    expect(it.waitTime(waiting, 1000)).toBe(3000);
    expect(it.onTime(waiting, 3999)).toBe("stay");
    expect(it.onTime(waiting, 4000)).toBe("exit");
    expect(said).toEqual(["Network idle for 4 seconds."]);
  });

  test("silence for the network limit ends a session that had a client, with goodbye if it can be reached", () => {
    const { judge: it } = judge({ network: 30_000 });
    expect(it.onTime(connected, 34_999)).toBe("stay");
    expect(it.onTime(connected, 35_000)).toBe("shutdown");
    expect(it.onTime({ ...connected, attached: false }, 35_000)).toBe("exit");
    expect(it.onTime({ ...connected, shuttingDown: true }, 35_001)).toBe("stay");
  });

  test("no limit: a session waits for ever", () => {
    const { judge: it } = judge({});
    expect(it.onTime(connected, 1e12)).toBe("stay");
    expect(it.waitTime(connected, 1e12)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("signals", () => {
  test("SIGTERM says goodbye once, then leaves", () => {
    const { judge: it } = judge({});
    expect(it.onTerminate(waiting)).toBe("exit");
    expect(it.onTerminate(connected)).toBe("shutdown");
    expect(it.onTerminate({ ...connected, shuttingDown: true })).toBe("exit");
  });

  test("SIGUSR1 is SIGTERM, unless the client was there within the signal limit", () => {
    expect(judge({}).judge.onUserSignal(connected, 5000)).toBe("shutdown");
    const { judge: it, said } = judge({ signal: 10_000 });
    expect(it.onUserSignal(connected, 14_999)).toBe("stay");
    expect(said).toEqual([]);
    expect(it.onUserSignal(connected, 15_000)).toBe("shutdown");
    expect(it.onUserSignal({ ...connected, attached: false }, 15_900)).toBe("exit");
    expect(said).toEqual([
      "Network idle for 10 seconds when SIGUSR1 received",
      "Network idle for 10 seconds when SIGUSR1 received",
    ]);
  });
});

describe("an operator's limit of idleness", () => {
  test("ends a session into which nobody types, however much its program prints", () => {
    const { judge: it, said } = judge({ idle: 60_000 });
    const watched = { ...connected, lastClientState: 64_000 };
    expect(it.waitTime(watched, 64_000)).toBe(1000);
    expect(it.onTime(watched, 64_999)).toBe("stay");
    expect(it.onTime(watched, 65_000)).toBe("shutdown");
    expect(said).toEqual(["No input for 60 seconds."]);
    expect(it.onTime({ ...watched, lastInput: 64_000 }, 65_000)).toBe("stay");
    expect(it.onTime({ ...watched, attached: false }, 65_000)).toBe("exit");
  });
});
