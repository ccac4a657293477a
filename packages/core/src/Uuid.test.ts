import { createHash } from "node:crypto"
import { assert, it } from "vitest"
import { Message, Uuid } from "./index.ts"

it("the id of a tracker stays as it is, and so does any UUID", () => {
  const id = Message.nextId(1_767_225_600_000)
  for (const one of [id, id.toUpperCase(), "00000000-0000-0000-0000-000000000000"]) {
    assert.strictEqual(Uuid.of(one), one)
    assert.isTrue(Uuid.isUuid(one))
  }
})

it("any other id becomes a UUID of version 8, always the same, which differs from those of other ids", () => {
  const ids = ["", "order-357", "órder-357", "node-next-1767225600000-018f2d1c-0a3b-7c4d-8e5f-0123456789ab"]
  const uuids = ids.map(Uuid.of)
  assert.deepStrictEqual(ids.map(Uuid.of), uuids)
  assert.strictEqual(new Set(uuids).size, ids.length)
  for (const [index, uuid] of uuids.entries()) {
    assert.match(uuid, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    const hash = createHash("sha256").update(ids[index]!).digest("hex")
    assert.strictEqual(
      uuid.slice(0, 13) + uuid.slice(24),
      `${hash.slice(0, 8)}-${hash.slice(8, 12)}${hash.slice(20, 32)}`
    )
  }
})
