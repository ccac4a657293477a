import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import { checkId } from "./limits.ts"

/** The distinct id of a message. Refuses ids that PostHog would not accept. */
export const distinctIdOf = (message: Message.Message, groupType: string): string => {
  const { anonymousId = "", type, userId = "" } = message
  if (type === "group" && message.groupId === "") Encoder.refuse("the groupId is empty")
  if (type === "alias") checkId("previousId", message.previousId)
  if (userId !== "") checkId("userId", userId)
  // An identify merges both.
  if (anonymousId !== "" && (userId === "" || type === "identify")) checkId("anonymousId", anonymousId)
  const id = userId || anonymousId
  if (id !== "") return id
  if (type !== "group") return Encoder.refuse("the message has neither a userId nor an anonymousId")
  // Without a user, PostHog's own libraries make an id of the group.
  const own = `$${groupType}_${message.groupId}`
  checkId("groupId with its type", own)
  return own
}
