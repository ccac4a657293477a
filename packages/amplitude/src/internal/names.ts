/** All pages share one name, as do all screens: the types of events of a project are limited ("Limits"). */
export const views = { page: "Page Viewed", screen: "Screen Viewed" } as const
