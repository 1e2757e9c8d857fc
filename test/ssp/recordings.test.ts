/**
 * Five recorded sessions of the stock programs: every datagram opens, says what it should and can be written again; our
 * ends, put in the place of the stock ones, come to the same screen and the same input.
 */
import { describe, expect, test } from "bun:test";
import { compress, decompress } from "../../ssp/compression.ts";
import { openDatagram, stamp, TO_CLIENT, TO_SERVER } from "../../ssp/datagram.ts";
import { Assembly, decodeFragment, encodeFragment, split } from "../../ssp/fragment.ts";
import { decodeHostMessage, encodeHostMessage } from "../../ssp/host-message.ts";
import { decodeInstruction, encodeInstruction } from "../../ssp/instruction.ts";
import { Link } from "../../ssp/link.ts";
import { TIMESTAMPS_BYTES } from "../../ssp/params.ts";
import { TerminalState } from "../../ssp/terminal-state.ts";
import { Transport } from "../../ssp/transport.ts";
import { decodeUserMessage, encodeUserMessage } from "../../ssp/user-message.ts";
import { UserStream } from "../../ssp/user-stream.ts";
import { loadCore } from "../../wasm-core/load.ts";
import { toHex } from "./fakes.ts";
import { NAMES, type Name, readClientScreen, readRecording } from "./recordings.ts";

const core = await loadCore();
const random = (length: number): Uint8Array => new Uint8Array(length);

/** What was typed, as the scripts of the recordings say. */
const TYPED: Record<Name, string> = {
  basic: "<80x24>echo hi\rexit\r",
  resize:
    "<100x30>printf '\\033]0;title one\\007\\033[1;31mred\\033[0m \\303\\251 \\346\\274\\242 e\\314\\201 \\a\\n'\r" +
    "<60x20>stty size\r<72x26>stty size; tput cup 3 5; echo moved\r\x1bOA\x1bOB\x1bOC\x1bOD\x15",
  bulk: "<120x40>seq 1 400\rpython3 noise.py\ryes 0123456789 | head -20000\ryes\r\x03exit\r",
  "lossy-roam": "<80x24>echo one two three\rseq 1 30\recho xyz\rexit\r",
  ipv6: "<120x40>seq 1 400\rpython3 noise.py\rexit\r",
};

for (const name of NAMES) {
  describe(name, () => {
    const recording = readRecording(name);

    test("every datagram opens, says what it should, and is written again to the byte", () => {
      const opener = core.createOpener(recording.key);
      const assemblies = { c2s: new Assembly(), s2c: new Assembly() };
      const pieces = { c2s: [] as Uint8Array[], s2c: [] as Uint8Array[] };
      const contentsSize = new Link(name === "ipv6" ? "inet6" : "inet").fragmentContents;
      for (const { dir, datagram, decoded } of recording.datagrams) {
        const direction = dir === "c2s" ? TO_SERVER : TO_CLIENT;
        const opened = openDatagram(opener, datagram, direction);
        if (typeof opened === "string") throw new Error(opened);
        expect(opened.sequence).toBe(Number(decoded.seq));
        expect(opened.timestamp).toBe(decoded.timestamp);
        expect(opened.timestampReply).toBe(decoded.timestamp_reply);
        const fragment = decodeFragment(opened.plaintext, TIMESTAMPS_BYTES)!;
        expect(fragment.id).toBe(Number(decoded.fragment.id));
        expect(fragment.number).toBe(decoded.fragment.num);
        expect(fragment.final).toBe(decoded.fragment.final);
        expect(fragment.contents.length).toBe(decoded.fragment.len);

        const plaintext = stamp(
          encodeFragment(fragment, TIMESTAMPS_BYTES),
          opened.timestamp,
          opened.timestampReply,
        );
        const sealer = core.createSealer(recording.key, direction);
        sealer.burn(BigInt(opened.sequence), 0n);
        expect(toHex(sealer.seal(plaintext))).toBe(toHex(datagram));
        sealer.free();

        if (fragment.number === 0) pieces[dir] = [];
        pieces[dir].push(opened.plaintext.slice(TIMESTAMPS_BYTES));
        const stream = assemblies[dir].add(fragment);
        expect(stream !== undefined).toBe(decoded.instruction !== undefined);
        if (stream === undefined || decoded.instruction === undefined) continue;
        if (typeof stream === "string") throw new Error(stream);
        expect(stream.length).toBe(decoded.compressed_len!);
        const again = split(stream, fragment.id, contentsSize).map((fragment) => encodeFragment(fragment));
        expect(again.map(toHex)).toEqual(pieces[dir].map(toHex));

        const bytes = decompress(stream)!;
        expect(bytes.length).toBe(decoded.instruction_len!);
        expect(toHex(decompress(compress(bytes))!)).toBe(toHex(bytes));
        const instruction = decodeInstruction(bytes)!;
        expect(toHex(encodeInstruction(instruction))).toBe(toHex(bytes));
        const expected = decoded.instruction;
        expect(instruction.protocolVersion).toBe(expected.protocol_version);
        expect(instruction.oldNum).toBe(Number(expected.old_num));
        expect(instruction.newNum).toBe(Number(expected.new_num));
        expect(instruction.ackNum).toBe(Number(expected.ack_num));
        expect(instruction.throwawayNum).toBe(Number(expected.throwaway_num));
        expect(instruction.diff.length).toBe(expected.diff_len);
        expect(toHex(instruction.chaff)).toBe(expected.chaff);

        if (dir === "c2s") {
          const events = decodeUserMessage(instruction.diff)!;
          expect(toHex(encodeUserMessage(events))).toBe(toHex(instruction.diff));
          expect(
            events.map((event) => (event.kind === "keys" ? toHex(event.bytes) : [event.cols, event.rows])),
          ).toEqual(decoded.user_message!.map((event) => event.keys?.hex ?? event.resize!));
        } else {
          const events = decodeHostMessage(instruction.diff)!;
          expect(toHex(encodeHostMessage(events))).toBe(toHex(instruction.diff));
          expect(
            events.map((event) =>
              event.kind === "bytes"
                ? toHex(event.bytes)
                : event.kind === "resize"
                  ? [event.cols, event.rows]
                  : event.num,
            ),
          ).toEqual(
            decoded.host_message!.map(
              (event) => event.hoststring?.hex ?? event.resize ?? Number(event.echo_ack!),
            ),
          );
        }
      }
      opener.free();
    });

    test("our client comes to the screen that the stock client drew", () => {
      const before = core.memory().bytesInUse;
      const { key, cols, rows } = recording;
      const client = new Transport({
        core,
        key,
        side: "client",
        local: new UserStream(),
        remote: TerminalState.initial(core.createTerminal(cols, rows, "replica")),
        now: 0,
        random,
      });
      for (const { t, dir, datagram, dropped } of recording.datagrams) {
        if (dir !== "s2c" || dropped) continue;
        const reception = client.receive(datagram, t);
        expect(reception.ok && (reception.reason ?? "duplicate")).toBe("duplicate");
      }
      // The stock client drew on a terminal of this size, too; that it understands is what the stock server sent it.
      const painted = core.createTerminal(cols, rows, "replica");
      const { terminal } = client.latest;
      painted.resize(terminal.cols, terminal.rows);
      painted.feed(readClientScreen(name));
      const [ours, theirs] = [terminal.inspect(), painted.inspect()];
      expect(terminal.text()).toEqual(painted.text());
      expect(ours.lines).toEqual(theirs.lines);
      expect(ours.cursor).toEqual(theirs.cursor);
      expect(ours.pen).toEqual(theirs.pen);
      client.release();
      painted.free();
      expect(core.memory().bytesInUse).toBe(before);
    });

    test("our server gets the input that was typed, once and in order", () => {
      const server = new Transport({
        core,
        key: recording.key,
        side: "server",
        local: TerminalState.initial(core.createTerminal(80, 24, "host")),
        remote: new UserStream(),
        now: 0,
        random,
      });
      let typed = "";
      for (const { t, dir, datagram, dropped } of recording.datagrams) {
        if (dir !== "c2s" || dropped) continue;
        const reception = server.receive(datagram, t);
        expect(reception.ok).toBe(true);
        if (!reception.ok || !reception.newState) continue;
        for (const event of server.takeRemoteDiff().events())
          typed +=
            event.kind === "keys"
              ? Buffer.from(event.bytes).toString("latin1")
              : `<${event.cols}x${event.rows}>`;
      }
      server.release();
      expect(typed).toBe(TYPED[name]);
    });
  });
}
