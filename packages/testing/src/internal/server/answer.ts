import { STATUS_CODES } from "node:http"
import type * as Fault from "../../Fault.ts"
import { bytesOf, json } from "./json.ts"
import type { Answer, Batch, Request, Vendor } from "./model.ts"

/** A vendor's response with an error status. */
export const refusal = (vendor: Vendor, status: number, request: Request): Answer =>
  vendor.refusal?.(status, request) ?? json(status, { error: STATUS_CODES[status] ?? String(status) })

/** A vendor's error in the body of a 200. */
export const denial = (vendor: Vendor, request: Request): Answer =>
  vendor.denial?.(request) ?? { ...refusal(vendor, 400, request), status: 200 }

/** The vendor's own response, under the faults that check the messages. */
export const process = (vendor: Vendor, request: Request, fault: Fault.Fault): Answer => {
  const { bytes = Infinity, messageBytes = Infinity, messages = Infinity } = vendor.limits ?? {}
  if (request.size > bytes) return refusal(vendor, 413, request)
  const batch: Batch | Answer = vendor.read(request)
  if ("status" in batch) return batch
  if (batch.messages.length > messages) return refusal(vendor, 413, request)
  if (messageBytes < Infinity && batch.messages.some((message) => bytesOf(message) > messageBytes)) {
    return refusal(vendor, 413, request)
  }
  if (fault._tag === "Poison" && batch.messages.some(fault.predicate)) return refusal(vendor, 400, request)
  if (fault._tag === "TooLarge" && batch.messages.length > fault.messages) return refusal(vendor, 413, request)
  return batch.commit(fault._tag === "Partial" ? fault.predicate : () => false)
}
