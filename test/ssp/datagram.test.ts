/** Whole datagrams with the core's cipher, against test/vectors/packets.json. */
import { describe, expect, test } from "bun:test";
import { type OpenedDatagram, openDatagram, stamp, TO_CLIENT, TO_SERVER } from "../../ssp/datagram.ts";
import { decodeFragment, encodeFragment } from "../../ssp/fragment.ts";
import { parseKey } from "../../ssp/key.ts";
import { TIMESTAMPS_BYTES } from "../../ssp/params.ts";
import { loadCore } from "../../wasm-core/load.ts";
import vectors from "../vectors/packets.json";
import { hex, toHex } from "./fakes.ts";

const core = await loadCore();
const key = parseKey(vectors.key);
const LARGEST = String(2n ** 63n - 1n);

for (const packet of vectors.packets) {
  const direction = packet.to_client ? TO_CLIENT : TO_SERVER;

  test(`${packet.name}: opens to its parts`, () => {
    const opener = core.createOpener(key);
    const datagram = hex(packet.datagram);
    const opened = openDatagram(opener, datagram, direction);
    // The largest number: nobody counts so far, and whoever took it would take every later one as late.
    const plaintext = packet.seq === LARGEST ? opener.open(datagram)! : (opened as OpenedDatagram).plaintext;
    opener.free();
    if (packet.seq === LARGEST) expect(opened).toBe("sequence");
    else
      expect(opened).toEqual({
        sequence: Number(packet.seq),
        timestamp: packet.timestamp,
        timestampReply: packet.timestamp_reply,
        plaintext,
      });
    expect(toHex(plaintext.subarray(0, TIMESTAMPS_BYTES))).toBe(
      toHex(stamp(new Uint8Array(4), packet.timestamp, packet.timestamp_reply)),
    );
    const fragment = decodeFragment(plaintext, TIMESTAMPS_BYTES)!;
    expect(fragment.id).toBe(Number(packet.fragment_id));
    expect(fragment.number).toBe(packet.fragment_num);
    expect(fragment.final).toBe(packet.final);
    expect(toHex(fragment.contents)).toBe(packet.contents);
  });

  test(`${packet.name}: is what its parts seal to`, () => {
    const fragment = {
      id: Number(packet.fragment_id),
      number: packet.fragment_num,
      final: packet.final,
      contents: hex(packet.contents),
    };
    const plaintext = stamp(
      encodeFragment(fragment, TIMESTAMPS_BYTES),
      packet.timestamp,
      packet.timestamp_reply,
    );
    const sealer = core.createSealer(key, direction);
    sealer.burn(BigInt(packet.seq), 0n);
    expect(toHex(sealer.seal(plaintext))).toBe(packet.datagram);
    sealer.free();
  });
}

describe("refused", () => {
  const opener = core.createOpener(key);
  const whole = hex(vectors.packets[0]!.datagram);

  test("each single bit that is wrong", () => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(openDatagram(opener, damaged, TO_SERVER)).toBe("integrity");
    }
  });

  test("each cut", () => {
    for (let length = 0; length < whole.length; length++)
      expect(openDatagram(opener, whole.subarray(0, length), TO_SERVER)).toBe(
        length < 24 ? "short" : "integrity",
      );
  });

  test("our own direction, a plaintext without timestamps, an oversized datagram", () => {
    expect(openDatagram(opener, whole, TO_CLIENT)).toBe("direction");
    const sealer = core.createSealer(key, TO_SERVER);
    expect(openDatagram(opener, sealer.seal(new Uint8Array(3)), TO_SERVER)).toBe("plaintext");
    expect(openDatagram(opener, sealer.seal(new Uint8Array(2048 - 24)), TO_SERVER)).toBeObject();
    expect(openDatagram(opener, sealer.seal(new Uint8Array(2049 - 24)), TO_SERVER)).toBe("oversize");
    sealer.free();
  });

  test("a sequence number from 2^53 on", () => {
    const plaintext = new Uint8Array(4);
    const opened = (sequence: bigint): number | string => {
      const sealer = core.createSealer(key, TO_CLIENT);
      sealer.burn(sequence, 0n);
      const result = openDatagram(opener, sealer.seal(plaintext), TO_CLIENT);
      sealer.free();
      return typeof result === "string" ? result : result.sequence;
    };
    for (const sequence of [2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 2n, 2n ** 53n - 1n])
      expect(opened(sequence)).toBe(Number(sequence));
    for (const sequence of [2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n])
      expect(opened(sequence)).toBe("sequence");
  });

  test("another key", () => {
    const other = core.createOpener(new Uint8Array(16));
    expect(openDatagram(other, whole, TO_SERVER)).toBe("integrity");
    other.free();
  });
});
