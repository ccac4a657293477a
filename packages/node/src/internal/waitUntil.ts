import { attempt } from "./attempt.ts"
import { nextTurn } from "./turns.ts"

/**
 * Reports each call to a serverless platform immediately, because it may freeze the process before the sinks are open. Messages of the
 * same turn of the event loop are sent together.
 */
export const teller = (
  waitUntil: (delivered: Promise<void>) => void,
  flush: () => Promise<unknown>,
  onThrow: (thrown: unknown) => void
): (() => void) => {
  let soon: Promise<void> | undefined
  const flushSoon = async (): Promise<void> => {
    await new Promise<void>(nextTurn)
    soon = undefined
    await flush().catch(() => {})
  }
  return () => {
    const delivered = (soon ??= flushSoon())
    attempt(() => waitUntil(delivered), onThrow)
  }
}
