import { z } from "zod"

/** A time, which most libraries give as a Date. */
export const instant = z.date().transform((at) => at.toISOString())

const two = (value: number): string => String(value).padStart(2, "0")

/** A `date` column that comes as a Date at midnight where the service runs. Its ISO string is the day before, east of Greenwich. */
export const localDay = z
  .date()
  .transform((day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`)

/** A `date` column that comes as a Date at midnight in UTC. */
export const utcDay = z.date().transform((day) => day.toISOString().slice(0, 10))

/** An int8 that comes as a bigint. JSON has no number for it. */
export const bigint = z.bigint().transform(String)

export const status = z.enum(["open", "placed"])

/** What a JSON column holds. A schema of its own says what vendors and colleagues can expect in it. */
export const meta = z.object({ gift: z.boolean(), tags: z.array(z.string()) })
