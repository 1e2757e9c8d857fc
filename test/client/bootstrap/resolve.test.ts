/** Names to addresses under every --family, with a resolver of the test's own; and the system's resolver as it is. */
import { describe, expect, test } from "bun:test";
import { type Lookup, resolveHost } from "../../../client/bootstrap/resolve.ts";
import { type AddressQuery, lookUpAddress, type SocketAddress } from "../../../sys/addrinfo.ts";

const v4 = (address: string): SocketAddress => ({ address, family: "inet", port: 22 });
const v6 = (address: string): SocketAddress => ({ address, family: "inet6", port: 22 });

const DUAL = [v6("2001:db8::1"), v4("192.0.2.1"), v6("2001:db8::2"), v4("192.0.2.2")];
const ZONE: Record<string, { canonical?: string; addresses: readonly SocketAddress[] }> = {
  "dual.example": { addresses: DUAL },
  "alias.example": { canonical: "dual.example", addresses: DUAL },
  "four.example": { addresses: [v4("192.0.2.9")] },
  "dangling.example": { canonical: "gone.example", addresses: [v4("192.0.2.3")] },
};

/** A resolver over ZONE that notes what it is asked. */
function resolver(): { lookup: Lookup; asked: string[] } {
  const asked: string[] = [];
  const lookup: Lookup = (query: AddressQuery) => {
    asked.push(`${query.numeric ? "numeric " : ""}${query.canonicalName ? "canonical " : ""}${query.host}`);
    if (query.numeric) {
      if (!/^[0-9.]+$|:/.test(query.host)) return { error: "Name or service not known" };
      const address = query.host.includes(":") ? v6(query.host) : v4(query.host);
      return query.family === undefined || query.family === address.family
        ? { addresses: [address], canonicalName: undefined }
        : { error: "Address family for hostname not supported" };
    }
    const entry = ZONE[query.host];
    const addresses =
      entry?.addresses.filter((a) => query.family === undefined || a.family === query.family) ?? [];
    if (addresses.length === 0) {
      return { error: entry ? "No address associated with hostname" : "Name or service not known" };
    }
    return { addresses, canonicalName: query.canonicalName ? (entry?.canonical ?? query.host) : undefined };
  };
  return { lookup, asked };
}

function resolve(host: string, family: string): string[] | string {
  try {
    return resolveHost(host, "22", family, "mosh", resolver().lookup).map((a) => a.address);
  } catch (error) {
    return (error as Error).message;
  }
}

const FOUR = ["192.0.2.1", "192.0.2.2"];
const SIX = ["2001:db8::1", "2001:db8::2"];
const BOTH = "mosh: host has both IPv4 and IPv6 addresses, use --family to specify behavior";

const CASES: readonly (readonly [host: string, family: string, want: readonly string[] | string])[] = [
  ["dual.example", "inet", FOUR],
  ["dual.example", "inet6", SIX],
  ["dual.example", "prefer-inet", [...FOUR, ...SIX]],
  ["dual.example", "prefer-inet6", [...SIX, ...FOUR]],
  ["dual.example", "all", DUAL.map((a) => a.address)],
  ["dual.example", "auto", BOTH],
  ["dual.example", "nonsense", BOTH],
  ["alias.example", "inet", FOUR],
  ["four.example", "auto", ["192.0.2.9"]],
  ["four.example", "prefer-inet6", ["192.0.2.9"]],
  [
    "four.example",
    "inet6",
    "mosh: could not get canonical name for four.example: No address associated with hostname",
  ],
  ["192.0.2.7", "auto", ["192.0.2.7"]],
  ["2001:db8::7", "prefer-inet", ["2001:db8::7"]],
  ["192.0.2.7", "inet6", "mosh: could not get canonical name for 192.0.2.7: Name or service not known"],
  [
    "nowhere.example",
    "all",
    "mosh: could not get canonical name for nowhere.example: Name or service not known",
  ],
  [
    "dangling.example",
    "all",
    "mosh: could not resolve canonical name gone.example for dangling.example: Name or service not known",
  ],
  ["dual.example", "prefer-foo", "mosh: Invalid preferred family prefer-foo"],
];

describe("--family", () => {
  for (const [host, family, want] of CASES) {
    test(`${host} ${family}`, () => expect(resolve(host, family)).toEqual(want as string[]));
  }

  test("a numeric host is not looked up; a name by its canonical name", () => {
    const numeric = resolver();
    resolveHost("192.0.2.7", "22", "all", "mosh", numeric.lookup);
    expect(numeric.asked).toEqual(["numeric 192.0.2.7"]);
    const alias = resolver();
    resolveHost("alias.example", "22", "all", "mosh", alias.lookup);
    expect(alias.asked).toEqual(["numeric alias.example", "canonical alias.example", "dual.example"]);
  });
});

type Found = Exclude<ReturnType<Lookup>, { error: string }>;

describe("the system's resolver", () => {
  test("localhost, with a service's name for the port", () => {
    const answer = lookUpAddress({ host: "localhost", service: "22", family: "inet", canonicalName: true });
    expect(answer).toMatchObject({ addresses: [{ address: "127.0.0.1", family: "inet", port: 22 }] });
    expect((answer as Found).canonicalName).toBeString();
  });

  test("numbers of both families, a zone, short forms", () => {
    const addresses = (host: string) =>
      (lookUpAddress({ host, service: "65535", numeric: true }) as Found).addresses;
    expect(addresses("::1")).toEqual([{ address: "::1", family: "inet6", port: 65535 }]);
    expect(addresses("127.1")).toEqual([{ address: "127.0.0.1", family: "inet", port: 65535 }]);
    expect(addresses("fe80::1%lo")).toEqual([{ address: "fe80::1%lo", family: "inet6", port: 65535 }]);
  });

  test("what is not there has a reason in words", () => {
    expect(lookUpAddress({ host: "name.invalid", service: "1", numeric: true })).toEqual({
      error: "Name or service not known",
    });
    expect(lookUpAddress({ host: "127.0.0.1", service: "1", family: "inet6", numeric: true })).toEqual({
      error: "Address family for hostname not supported",
    });
    expect(lookUpAddress({ host: "a\0b", service: "1" })).toEqual({ error: "Name or service not known" });
  });
});
