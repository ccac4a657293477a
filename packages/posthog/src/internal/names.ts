/** PostHog's own events for messages that are not tracked events. */
export const names = {
  page: "$pageview",
  screen: "$screen",
  identify: "$identify",
  group: "$groupidentify",
  alias: "$create_alias"
} as const
