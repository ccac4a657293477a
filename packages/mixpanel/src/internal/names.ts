/** All pages share one name, as do all screens: Mixpanel recommends few names ("Import Events", "event"). */
export const views = { page: "Page Viewed", screen: "Screen Viewed" } as const

/** The names that Mixpanel gives to traits of the Segment Spec (Mixpanel, "Reserved Profile Properties"). */
const traits: ReadonlyMap<string, string> = new Map([
  ["email", "$email"],
  ["phone", "$phone"],
  ["firstName", "$first_name"],
  ["lastName", "$last_name"],
  ["name", "$name"],
  ["avatar", "$avatar"],
  ["createdAt", "$created"]
])

/** Mixpanel's name of a trait. */
export const traitName = (trait: string): string => traits.get(trait) ?? trait
