/** Branded integers: passing one kind of id where another is wanted does not compile. */
declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

export type TenantId = Id<"tenant">;
export type RequestId = Id<"request">;
export type LaunchId = Id<"launch">;
export type CopyId = Id<"copy">;

export const asTenantId = (value: number): TenantId => value as TenantId;
export const asRequestId = (value: number): RequestId => value as RequestId;
export const asLaunchId = (value: number): LaunchId => value as LaunchId;
export const asCopyId = (value: number): CopyId => value as CopyId;
