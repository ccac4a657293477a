/**
 * Cloudflare's runtime for workers. Requests, timers and other I/O belong to the request that began them: they end with it, and no other request
 * may use them. Module scope has none.
 */
export const isWorkerd = (): boolean =>
  (globalThis as { readonly navigator?: { readonly userAgent?: unknown } }).navigator?.userAgent ===
  "Cloudflare-Workers"

/** Whether this is the scope of a worker's module, outside of any request. */
export const isModuleScope = (): boolean => {
  try {
    clearTimeout(setTimeout(() => {}, 0))
    return false
  } catch {
    return true
  }
}

/** Returns a function that checks whether its caller is in the same request as the caller of this one. */
export const thisRequest = (): (() => boolean) => {
  // A body that one request made cannot be copied by another.
  let own = new Response("-")
  return () => {
    try {
      own.clone()
    } catch {
      return false
    }
    own = new Response("-")
    return true
  }
}
