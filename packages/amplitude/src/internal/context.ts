import * as ContextNames from "@trackmap/core/ContextNames"
import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import { characters } from "./limits.ts"

/** Reads Segment's context ("Spec: Common Fields") as the fields of an Amplitude event ("HTTP V2 API", "Keys for the event argument"). */
const read = ContextNames.reader({
  ip: "ip",
  locale: "language",
  userAgent: "user_agent",
  app: { version: "app_version" },
  os: { name: "os_name", version: "os_version" },
  device: { type: "platform", brand: "device_brand", manufacturer: "device_manufacturer", model: "device_model" },
  network: { carrier: "carrier" },
  location: {
    country: "country",
    region: "region",
    city: "city",
    latitude: "location_lat",
    longitude: "location_lng"
  }
})

/** The fields that a context gives its event, as JSON with a comma before each. Amplitude would refuse the event for a value of the wrong type. */
export const fieldsOf = (context: PropertyLimits.Values): string => {
  let json = ""
  read(context, {
    add: (name, value) => {
      const short = typeof value === "string" ? value.slice(0, characters) : value
      if (typeof value === (name.startsWith("location_") ? "number" : "string"))
        json += `,"${name}":${JSON.stringify(short)}`
    }
  })
  return json
}
