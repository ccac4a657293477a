/** The part of Cloudflare's module that the workers here use. */
declare module "cloudflare:workers" {
  export const env: import("./events.ts").Env
  export const waitUntil: (promise: Promise<unknown>) => void
}
