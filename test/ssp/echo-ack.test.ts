/** The server's echo acknowledgement. */
import { expect, test } from "bun:test";
import { EchoAck } from "../../ssp/echo-ack.ts";

test("input counts as echoed 50 ms after it was given to the program", () => {
  const echo = new EchoAck();
  echo.register(3, 1000);
  expect(echo.update(1049)).toBe(false);
  expect(echo.update(1050)).toBe(true);
  expect(echo.value).toBe(3);
  expect(echo.update(2000)).toBe(false);
});

test("the very first input does not wake the server, later ones do", () => {
  const echo = new EchoAck();
  expect(echo.waitTime(0)).toBe(Number.POSITIVE_INFINITY);
  echo.register(1, 1000);
  expect(echo.waitTime(1000)).toBe(Number.POSITIVE_INFINITY);
  echo.register(3, 1200);
  expect(echo.waitTime(1200)).toBe(50);
  expect(echo.waitTime(1260)).toBe(0);
  expect(echo.update(1250)).toBe(true);
  expect(echo.value).toBe(3);
  expect(echo.waitTime(1250)).toBe(Number.POSITIVE_INFINITY);
  echo.register(4, 1300);
  expect(echo.waitTime(1310)).toBe(40);
});

test("of several old inputs the newest counts; the value never falls", () => {
  const echo = new EchoAck();
  for (const [number, at] of [
    [1, 0],
    [2, 10],
    [5, 20],
    [9, 70],
  ] as const)
    echo.register(number, at);
  expect(echo.update(70)).toBe(true);
  expect(echo.value).toBe(5);
  expect(echo.waitTime(70)).toBe(50);
  expect(echo.update(119)).toBe(false);
  expect(echo.update(120)).toBe(true);
  expect(echo.value).toBe(9);
});

test("as in the recorded session: 50 ms after the key, and no earlier for the resize", () => {
  const echo = new EchoAck();
  echo.register(1, 8);
  expect(echo.update(259)).toBe(true); // the prompt's output woke the server
  expect(echo.value).toBe(1);
  echo.register(3, 1203);
  expect(echo.waitTime(1211)).toBe(42);
  expect(echo.update(1253)).toBe(true);
  expect(echo.value).toBe(3);
});
