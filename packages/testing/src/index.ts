export * as Fault from "./Fault.ts"
export * as MixpanelServer from "./MixpanelServer.ts"
export * as SegmentServer from "./SegmentServer.ts"
export * as VendorServer from "./VendorServer.ts"
