/** Icons, each with its own shape. */
import type { SinkState } from "../../../src/internal/protocol.ts"

const paths = {
  delivered: "M2.5 6.5 5 9l4.5-5.5",
  rejected: "M3 3l6 6M9 3l-6 6",
  expired: "M3 1.5h6M3 10.5h6M4 1.5c0 3 4 3.5 4 9M8 1.5c0 3-4 3.5-4 9",
  dropped: "M6 1.5v6M3 5l3 3 3-3M2 10.5h8",
  skipped: "M2.5 6h7",
  buffered: "M2.5 3h7M2.5 6h7M2.5 9h7",
  retrying: "M10 6a4 4 0 1 1-1.3-3M9 .8V3.3H6.5",
  resolved: "M2.5 6.5 5 9l4.5-5.5",
  missing: "M6 1.5a4.5 4.5 0 1 0 .01 0M3 9l6-6",
  failed: "M6 1.2 11 10H1zM6 4.5v2.7M6 8.6v.2",
  unasked: "M2.5 6h7",
  present: "M2.5 6.5 5 9l4.5-5.5",
  absent: "M6 2.5a3.5 3.5 0 1 0 .01 0",
  refused: "M3 3l6 6M9 3l-6 6",
  warning: "M6 1.2 11 10H1zM6 4.5v2.7M6 8.6v.2",
  up: "M6 10V2M2.5 5.5 6 2l3.5 3.5",
  down: "M6 2v8M2.5 6.5 6 10l3.5-3.5",
  back: "M10 6H2M5.5 2.5 2 6l3.5 3.5",
  close: "M3 3l6 6M9 3l-6 6",
  lock: "M3 5.5h6v5H3zM4.2 5.5V4a1.8 1.8 0 0 1 3.6 0v1.5"
} satisfies Record<SinkState, string> & Record<string, string>

/** The name of an icon. */
export type IconName = keyof typeof paths

/** An icon. Screen readers skip it, because text accompanies it. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 12 12" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)

/** A state as a word with its icon. */
export const State = ({ name, word = name }: { readonly name: IconName; readonly word?: string }) => (
  <span class="state" data-state={name}>
    <Icon name={name} />
    {word}
  </span>
)
