/** Character sets: SCS, SO, SI, LS2, LS3, SS2, SS3 (ISO 2022; VT510 "character sets"; xterm in UTF-8). */
import { table } from "./table.ts";

table(
  "character sets",
  [34, 3],
  [
    [
      "special graphics, the whole set",
      "␛(0_`abcdefghijklmnopqrstuvwxyz{|}~",
      {
        screen: "\u00a0◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
      },
    ],
    ["special graphics leaves the rest alone", "␛(0A1!^", { screen: "A1!^" }],
    ["back to ASCII", "␛(0q␛(Bq", { screen: "─q" }],
    ["G1 by SO, back by SI", "␛)0q␎q␏q", { screen: "q─q" }],
    ["G2 by LS2", "␛*0q␛nq␏q", { screen: "q─q" }],
    ["G3 by LS3", "␛+0q␛oq␏q", { screen: "q─q" }],
    ["SS2 for one character", "␛*0␛Nqq", { screen: "─q" }],
    ["SS3 for one character", "␛+0␛Oqq", { screen: "─q" }],
    ["SS2 as C1", "␛*0\u008eqq", { screen: "─q" }],
    ["SS3 as C1", "␛+0\u008fqq", { screen: "─q" }],
    ["a set of 96 has 20 and 7F", "␛.A␛N ␛N␡!", { screen: "\u00a0ÿ!" }],
    ["a locking shift of a set of 96", "␛.A␛na␡␏a␡", { screen: "áÿa" }],
    ["DEL does not end a single shift of a set of 94", "␛*0␛N␡qq", { screen: "─q" }],
    ["the British set", "␛(A#a", { screen: "£a" }],
    ["an unknown set is ASCII", "␛(0␛(~q", { screen: "q" }],
    ["text beyond ASCII is not mapped", "␛(0é世", { screen: "é世" }],
    ["designating G1 does not shift", "␛)0q", { screen: "q" }],
    ["designating the set in use takes effect at once", "␛)0␎q␛)Bq", { screen: "─q" }],
    ["RIS brings ASCII back", "␛(0␛cq", { screen: "q" }],
    ["DECSTR brings ASCII back", "␛)0␎␛[!pq", { screen: "q" }],
    ["ESC % G and ESC % @ are swallowed", "a␛%Gb␛%@c", { screen: "abc" }],
    ["ESC SP F and ESC SP G are swallowed", "a␛ Fb␛ Gc", { screen: "abc" }],
    ["line size controls are swallowed", "a␛#3b␛#4c␛#5d␛#6e", { screen: "abcde" }],
    ["the sets are shared by the screens", "␛(0␛[?1047hq", { screen: "─" }],
  ],
);
