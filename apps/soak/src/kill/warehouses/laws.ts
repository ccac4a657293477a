/** What a warehouse must have. */
import assert from "node:assert/strict"
import type { Engine } from "./engines.ts"
import { isOdd, message } from "./messages.ts"

/** Checks the laws of a round: what had a receipt is there, nothing is there twice, and each message is there whole or not at all. */
export const check = async (
  engine: Engine,
  round: number,
  receipts: ReadonlySet<number>
): Promise<ReadonlySet<number>> => {
  const [events, misfits] = [await engine.events(round), await engine.misfits(round)]
  const found = new Set(events.map(({ at }) => at))
  assert.equal(found.size, events.length, `round ${round}: an event is there twice`)
  for (const at of receipts) assert.ok(found.has(at), `round ${round}: message ${at} had a receipt, and is not there`)
  for (const { at, id, note } of events) {
    const { messageId, properties } = message(round, at)
    assert.deepEqual([id, note], [messageId, properties["note"]], `round ${round}: a row is torn`)
  }
  const odd = [...found].filter(isOdd).map((at) => message(round, at).messageId)
  assert.deepEqual([...misfits].sort(), odd.sort(), `round ${round}: an event and its misfit are not there together`)
  return found
}
