import type { Tracker } from "@trackmap/core"

/** How many messages have a receipt. */
export const counted = ({ delivered, dropped, expired, rejected, skipped }: Tracker.SinkMetrics): number =>
  delivered + dropped + expired + rejected + skipped
