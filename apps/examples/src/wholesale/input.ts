import { z } from "zod"

/** The valid requests of the shop. */
export const Id = z.coerce.number().int().positive()
export const Qty = z.object({ qty: z.int().positive() })
export const Payment = z.object({ paidBy: z.enum(["invoice", "card"]) })
