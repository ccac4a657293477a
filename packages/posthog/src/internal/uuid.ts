/** A UUID as PostHog writes it in its response. */
const canonical = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** Whether a message id is a UUID, and so PostHog's `uuid`. */
export const isUuid = (messageId: string): boolean => canonical.test(messageId)

/** The namespace of the UUIDs that stand for other message ids. */
const namespace = "d9e0c1f4-6c3b-5b0e-9a53-0a6c7f1d2b48"
const encoder = new TextEncoder()

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** The `uuid` of a message id: the id itself, or its UUIDv5 (RFC 9562, section 5.5), so that every attempt has the same. */
export const of = async (messageId: string): Promise<string> => {
  const lower = messageId.toLowerCase()
  if (isUuid(lower)) return lower
  const space = namespace.replaceAll("-", "").match(/../g)!
  const name = [...space.map((byte) => Number.parseInt(byte, 16)), ...encoder.encode(messageId)]
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", Uint8Array.from(name))).subarray(0, 16)
  digest[6] = (digest[6]! & 0x0f) | 0x50
  digest[8] = (digest[8]! & 0x3f) | 0x80
  return hex(digest).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
