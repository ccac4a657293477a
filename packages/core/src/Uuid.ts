/**
 * UUIDs of message ids, for destinations that accept no other ids.
 *
 * @module
 */
import { sha256 } from "./internal/base/sha256.ts"

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Whether a text is a UUID of any version, in upper or lower case. */
export const isUuid = (text: string): boolean => uuid.test(text)

/**
 * The id itself if it is a UUID, as the ids of a tracker are. Any other id becomes a UUID of version 8 (RFC 9562, section 5.8) made of the id's
 * SHA-256, so that every attempt has the same.
 *
 * @example
 * ```ts
 * import { Uuid } from "@trackmap/core"
 *
 * console.log(Uuid.of("018f2d1c-0a3b-7c4d-8e5f-0123456789ab")) // 018f2d1c-0a3b-7c4d-8e5f-0123456789ab
 * console.log(Uuid.of("order-357")) // 2e2ac2f2-3d25-840f-a3b8-c6a65a2da548
 * ```
 */
export const of = (id: string): string => (isUuid(id) ? id : made(id))

const made = (id: string): string => {
  const hex = sha256(id, 16)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}
