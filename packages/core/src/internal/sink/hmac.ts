import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Json } from "effect/Schema"

const encoder = new TextEncoder()

/** The HMAC-SHA-256 of a value's JSON (of the text itself, for a text), in hexadecimal. */
export const make = (secret: Redacted.Redacted<string>): ((value: Json) => Effect.Effect<string>) => {
  let key: ReturnType<typeof crypto.subtle.importKey> | undefined
  return (value) =>
    Effect.promise(async () => {
      key ??= crypto.subtle.importKey(
        "raw",
        encoder.encode(Redacted.value(secret)),
        { name: "HMAC", hash: "SHA-256" },
        false,
        ["sign"]
      )
      const text = typeof value === "string" ? value : JSON.stringify(value)
      const signed = new Uint8Array(await crypto.subtle.sign("HMAC", await key, encoder.encode(text)))
      return Array.from(signed, (byte) => byte.toString(16).padStart(2, "0")).join("")
    })
}
