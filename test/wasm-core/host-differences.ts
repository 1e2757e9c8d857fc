/**
 * The cases of test/cases/emulator.json that the host role answers differently from stock Mosh, on purpose, and why.
 * docs/terminal-roles.md explains each reason; emulator.test.ts checks that these cases differ and no others do.
 */
export const HOST_DIFFERENCES: { reason: string; cases: string[] }[] = [
  {
    reason: "Pending wrap ends only when the cursor moves or its cell changes",
    cases: [
      "parser-nul-clears-pending-wrap",
      "parser-so-clears-pending-wrap",
      "parser-bel-clears-pending-wrap",
      "parser-csi-unknown-clears-wrap",
      "parser-dcs-st-clears-wrap",
      "parser-c1-unknown",
      "parser-esc-backslash-clears-wrap",
      "wrap-pending-sm",
      "wrap-pending-decsc",
      "wrap-pending-dsr",
      "wrap-pending-osc-st",
      "irm-pending-wrap",
      "report-cpr-pending",
    ],
  },
  { reason: "CBT moves the cursor and so ends pending wrap", cases: ["wrap-pending-cbt"] },
  { reason: "DECSC saves pending wrap", cases: ["save-restore-pending"] },
  {
    reason: "Colon sub-parameters, and 256 characters of parameters",
    cases: [
      "parser-csi-colon-ignored",
      "parser-csi-colon-mixed",
      "parser-params-101-chars",
      "parser-params-overflow-lost",
    ],
  },
  {
    reason: "Numbers beyond 65535 are 65535",
    cases: ["parser-param-65536-default", "parser-param-huge"],
  },
  {
    reason: "Ill-formed UTF-8 gives one U+FFFD for each maximal subpart",
    cases: ["utf8-overlong-3", "utf8-overlong-4", "utf8-surrogate", "utf8-above-10ffff", "utf8-5byte"],
  },
  {
    reason: "Renditions: faint, rapid blink as blink, strike, double underline, overline, underline colour",
    cases: [
      "sgr-2",
      "sgr-6",
      "sgr-9",
      "sgr-21",
      "sgr-53",
      "sgr-all-attrs",
      "sgr-truecolor-missing",
      "sgr-58-underline-colour",
    ],
  },
  { reason: "Character sets", cases: ["parser-esc-intermediate-unknown"] },
  {
    reason: "Halves of wide characters stay together; none is in the last column",
    cases: [
      "wide-last-col-nowrap",
      "wide-overwrite-right",
      "wide-cut-by-ich",
      "wide-cut-by-ech",
      "wide-el-right-half",
      "wide-1-col",
      "resize-cuts-wide",
    ],
  },
  {
    reason: "A zero-width character without a base sits on a space and does not move the cursor",
    cases: [
      "comb-first-on-blank",
      "comb-first-twice",
      "comb-after-move-blank",
      "comb-after-erase",
      "comb-fallback-rendition",
      "comb-fallback-last-col",
      "comb-after-tab",
      "comb-after-lf",
      "comb-after-scroll",
    ],
  },
  {
    reason: "CUU and CUD stop at the margins",
    cases: ["cursor-cuu-ignores-margin", "cursor-cud-ignores-margin"],
  },
  {
    reason: "Functions that stock does not have",
    cases: [
      "cursor-cnl-unsupported",
      "cursor-cpl-unsupported",
      "cursor-hpr-vpr-unsupported",
      "cursor-scosc-scorc-unsupported",
      "cursor-rep-unsupported",
      "erase-decsed-ignored",
      "erase-decsel-ignored",
    ],
  },
  {
    reason: "IL and DL outside the margins do nothing at all",
    cases: ["il-outside-region", "il-above-region", "il-just-below-region", "dl-outside-region"],
  },
  { reason: "SD with five parameters is highlight tracking", cases: ["scroll-sd-multi-params"] },
  { reason: "A scrolling region has at least two lines", cases: ["region-one-line"] },
  {
    reason:
      "DECOM homes by its new value, positions are reported relative to it, only explicit positions are bound by it",
    cases: [
      "origin-set-homes-old",
      "origin-reset-homes-old",
      "origin-cpr-absolute",
      "origin-move-outside-snap",
    ],
  },
  {
    reason: "DECALN homes the cursor, resets the margins, draws in the default rendition",
    cases: ["origin-decaln", "reset-decaln-bce", "reset-decaln-cursor-margins"],
  },
  {
    reason: "DECCOLM only if mode 40 allows it",
    cases: ["mode-decset-3", "mode-decrst-3", "mode-decset-3-bce"],
  },
  {
    reason: "Modes that stock does not have",
    cases: [
      "mode-1016-ignored",
      "mode-lnm-unsupported",
      "mode-altscreen-1049-ignored",
      "mode-altscreen-47-ignored",
      "mode-1048-ignored",
      "mode-xtsave-restore-ignored",
    ],
  },
  { reason: "DECSTR turns auto-wrap on", cases: ["reset-decstr"] },
  {
    reason: "Reports",
    cases: [
      "parser-esc-decid",
      "mode-decrqm-no-reply",
      "mode-xtwinops-ignored",
      "report-da1",
      "report-da1-0",
      "report-da1-n",
      "report-da2",
      "report-da2-0",
      "report-da3-none",
      "report-decxcpr-none",
      "report-multi",
      "report-xtversion-none",
      "report-decrqss-none",
    ],
  },
  { reason: "CAN and SUB cancel an OSC", cases: ["osc-2-can"] },
  {
    reason: "OSC numbers have any number of digits; a title has 254 characters in every form",
    cases: ["osc-nonum-300", "osc-02-unknown-number"],
  },
  {
    reason: "OSC 52 takes any selection, base64 only, and no question",
    cases: ["osc-52-query", "osc-52-no-c", "osc-52-p", "osc-52-pc", "osc-52-not-validated"],
  },
  {
    reason: "A full row that gets wider is no longer full",
    cases: ["resize-wider", "resize-narrow-then-wide", "resize-pending-wrap-kept"],
  },
  {
    reason: "A main screen that gets shorter keeps the cursor's row in sight",
    cases: ["resize-shorter", "resize-shorter-cursor"],
  },
];
