/** Clock, round-trip estimator, timestamp reply, prospective resend, against test/vectors/timing.json. */
import { describe, expect, test } from "bun:test";
import { timestamp16, timestampDifference } from "../../ssp/clock16.ts";
import type { OpenedDatagram } from "../../ssp/datagram.ts";
import { Link } from "../../ssp/link.ts";
import { NO_TIMESTAMP } from "../../ssp/params.ts";
import { RttEstimator } from "../../ssp/rtt.ts";
import { resendFromAcked } from "../../ssp/sender.ts";
import vectors from "../vectors/timing.json";

function datagram(sequence: number, timestamp: number, timestampReply = NO_TIMESTAMP): OpenedDatagram {
  return { sequence, timestamp, timestampReply, plaintext: new Uint8Array(4) };
}

test("the 16-bit clock", () => {
  for (const { now_ms, value } of vectors.timestamp16) expect(timestamp16(Number(now_ms))).toBe(value);
  expect(timestamp16(1234.9)).toBe(1234);
  expect(timestamp16(2 ** 40 + 7)).toBe(7);
});

test("differences of timestamps", () => {
  for (const { new: newer, old, diff } of vectors.timestamp_diff)
    expect(timestampDifference(newer, old)).toBe(diff);
});

for (const [at, series] of vectors.rtt.entries()) {
  test(`round-trip series ${at}: ${series.map((step) => step.sample ?? "start").join(" ")}`, () => {
    const rtt = new RttEstimator();
    for (const step of series) {
      if (step.sample !== null) rtt.sample(step.sample);
      expect(rtt.srtt).toBe(step.srtt);
      expect(rtt.rttvar).toBe(step.rttvar);
      expect(rtt.rto).toBe(step.rto);
      expect(rtt.sendInterval).toBe(step.send_interval);
    }
  });
}

test("the least round trip is that of the last thousand, so that another path is learnt", () => {
  const rtt = new RttEstimator();
  expect(rtt.least).toBe(Number.POSITIVE_INFINITY);
  for (const sample of [40, 20, 300]) rtt.sample(sample);
  expect(rtt.least).toBe(20);
  for (let n = 0; n < 400; n++) rtt.sample(90);
  expect(rtt.least).toBe(20);
  for (let n = 0; n < 1000; n++) rtt.sample(90);
  expect(rtt.least).toBe(90);
});

test("patience is RTO, but on a line of more than a second a quarter more than the round trip", () => {
  const patience = (sample: number): number => {
    const rtt = new RttEstimator();
    for (let n = 0; n < 400; n++) rtt.sample(sample);
    return rtt.patientRto;
  };
  expect(new RttEstimator().patientRto).toBe(1000);
  expect([5, 100, 700, 1600].map(patience)).toEqual([50, 100, 700, 2000]);
});

describe("timestamp reply", () => {
  for (const vector of vectors.timestamp_reply) {
    const { received_timestamp, congestion_experienced, held_ms, reply } = vector;
    const mark = congestion_experienced ? " with a congestion mark" : "";
    test(`${received_timestamp}${mark} held ${held_ms} ms is ${reply}`, () => {
      const link = new Link("inet");
      link.accept(datagram(0, received_timestamp), 5000, congestion_experienced);
      expect(link.takeTimestampReply(5000 + held_ms)).toBe(reply);
    });
  }

  test("is given once, and not at all before the first datagram, on a clock that starts at 0", () => {
    const link = new Link("inet");
    expect(link.takeTimestampReply(0)).toBe(NO_TIMESTAMP);
    link.accept(datagram(0, 77), 0, false);
    expect(link.takeTimestampReply(3)).toBe(80);
    expect(link.takeTimestampReply(3)).toBe(NO_TIMESTAMP);
  });

  test("counts whole milliseconds of a clock with fractions", () => {
    const link = new Link("inet");
    link.accept(datagram(0, 100), 10.9, false);
    expect(link.takeTimestampReply(11.1)).toBe(101);
  });
});

describe("order", () => {
  test("a late datagram brings no timestamp, no round trip and no sign of life", () => {
    const link = new Link("inet");
    expect(link.accept(datagram(5, 1), 1000, false)).toBe(true);
    link.takeTimestampReply(1000);
    expect(link.accept(datagram(4, 2, 990), 2000, false)).toBe(false);
    expect(link.accept(datagram(5, 3, 990), 2000, false)).toBe(false);
    expect(link.takeTimestampReply(2000)).toBe(NO_TIMESTAMP);
    expect(link.lastHeard).toBe(1000);
    expect(link.rtt.srtt).toBe(1000);
    expect(link.expectedSequence).toBe(6);
  });

  test("the largest sequence number is in order once", () => {
    const link = new Link("inet");
    const last = 2 ** 53 - 1;
    expect(link.accept(datagram(last, 1), 0, false)).toBe(true);
    expect(link.accept(datagram(last, 1), 0, false)).toBe(false);
  });

  test("a round trip counts below 5 s only", () => {
    const link = new Link("inet");
    link.accept(datagram(0, 1, timestamp16(10_000 - 5000)), 10_000, false);
    expect(link.rtt.srtt).toBe(1000);
    link.accept(datagram(1, 1, timestamp16(10_000 - 4999)), 10_000, false);
    expect(link.rtt.srtt).toBe(4999);
  });
});

describe("prospective resend", () => {
  for (const { proposed_len, resend_len, use_resend } of vectors.prospective_resend) {
    test(`${proposed_len} bytes since the assumed, ${resend_len} since the acknowledged state`, () => {
      expect(resendFromAcked(proposed_len, resend_len)).toBe(use_resend);
    });
  }
});
