/** A strict reader of what the host says to Prometheus. Used by operator-host.test.ts. */
import { expect } from "bun:test";

/** Reads the text format 0.0.4 strictly: every sample belongs to a TYPE above it, histograms are whole. */
export function parseExposition(text: string) {
  const types = new Map<string, string>();
  const samples: { name: string; labels: string; value: number }[] = [];
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      expect(types.has(type[1]!)).toBe(false);
      types.set(type[1]!, type[2]!);
      continue;
    }
    if (/^# HELP [a-z_]+ \S.*$/.test(line)) continue;
    const sample =
      /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="[^"\\\n]*")(?:,[a-z_]+="[^"\\\n]*")*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(
        line,
      );
    if (!sample) throw new Error(`not a sample: ${line}`);
    const base = sample[1]!.replace(/_(?:bucket|sum|count)$/, "");
    const known = types.get(sample[1]!) ?? types.get(base);
    if (known === undefined) throw new Error(`no type: ${line}`);
    if (known === "counter") expect(sample[1]).toEndWith("_total");
    samples.push({ name: sample[1]!, labels: sample[2] ?? "", value: Number(sample[3]) });
  }
  for (const [name, type] of types) {
    if (type !== "histogram") continue;
    for (const count of samples.filter((sample) => sample.name === `${name}_count`)) {
      const buckets = samples.filter(
        (sample) => sample.name === `${name}_bucket` && sample.labels.startsWith(count.labels),
      );
      expect(buckets.at(-1)!.labels).toContain('le="+Inf"');
      expect(buckets.at(-1)!.value).toBe(count.value);
      for (let i = 1; i < buckets.length; i++)
        expect(buckets[i]!.value).toBeGreaterThanOrEqual(buckets[i - 1]!.value);
    }
  }
  return {
    sum: (name: string, label = ""): number =>
      samples
        .filter((sample) => sample.name === name && sample.labels.includes(label))
        .reduce((sum, { value }) => sum + value, 0),
  };
}
