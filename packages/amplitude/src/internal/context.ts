import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import { characters } from "./limits.ts"

type Names = Readonly<Record<string, string>>

/** Segment's context ("Spec: Common Fields") as the fields of an Amplitude event ("HTTP V2 API", "Keys for the event argument"). */
const fields: ReadonlyMap<string, string | Names> = new Map<string, string | Names>([
  ["ip", "ip"],
  ["locale", "language"],
  ["userAgent", "user_agent"],
  ["app", { version: "app_version" }],
  ["os", { name: "os_name", version: "os_version" }],
  ["device", { type: "platform", brand: "device_brand", manufacturer: "device_manufacturer", model: "device_model" }],
  ["network", { carrier: "carrier" }],
  [
    "location",
    { country: "country", region: "region", city: "city", latitude: "location_lat", longitude: "location_lng" }
  ]
])

/** A field as JSON with a comma before it. One whose value has the wrong type is left out: Amplitude would refuse the event. */
const field = (name: string, value: unknown): string => {
  const isNumber = name.startsWith("location_")
  if (isNumber ? !Number.isFinite(value) : typeof value !== "string" || value === "") return ""
  return `,"${name}":${isNumber ? String(value) : JSON.stringify((value as string).slice(0, characters))}`
}

/** The fields that a context gives its event, as JSON with a comma before each. */
export const fieldsOf = (context: PropertyLimits.Values): string => {
  let json = ""
  for (const key in context) {
    const to = fields.get(key)
    const value = context[key]
    if (typeof to === "string") json += field(to, value)
    else if (to !== undefined && typeof value === "object" && value !== null) {
      for (const inner in to) json += field(to[inner]!, (value as PropertyLimits.Values)[inner])
    }
  }
  return json
}
