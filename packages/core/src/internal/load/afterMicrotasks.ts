type Later = (f: () => void) => void

const settled = Promise.resolve()

const { navigator, process: node } = globalThis as {
  readonly navigator?: { readonly userAgent?: unknown }
  readonly process?: { readonly nextTick?: Later }
}

/** Cloudflare's is `queueMicrotask`, so other microtasks can still follow. */
const isMicrotask = navigator?.userAgent === "Cloudflare-Workers"

/** Taken once, since fake timers replace it; theirs, which has their clock, would wait for them. */
const nextTick = node?.nextTick !== undefined && !isMicrotask && !("clock" in node.nextTick) ? node.nextTick : undefined

/** More turns of the microtask queue than most chains of promises need. */
const turns = 32

const hop = (f: () => void, left: number): unknown => settled.then(() => (left === 0 ? f() : hop(f, left - 1)))

/**
 * Runs a function after the microtasks of this turn, in the same asynchronous context. It needs no timer, so fake timers do not delay it, and no
 * turn of the event loop, so a chain of relations takes as many turns as its queries.
 */
export const afterMicrotasks: Later =
  nextTick === undefined ? (f) => void hop(f, turns) : (f) => void settled.then(() => nextTick(f))
